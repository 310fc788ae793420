import type { SupervisorReport } from '../model/index.js';
import {
  answerAmongOthers,
  backoffDelay,
  joined,
  ownNow,
  withRestart,
  type RestartMemory,
} from '../policy/index.js';
import type { PluginCommand } from './plugin.types.js';
import { sentence } from './sentence.js';
import {
  affectedChildren,
  answerTo,
  endedChild,
  everybody,
  judged,
  withChild,
  idsOf,
  type ChildEnd,
} from './supervisor.context.js';
import type { ChildStandingOf, Gathering, SupervisorCommand, SupervisorContext } from './supervisor.types.js';

/** What chance, the clock and the children say when a child has ended. */
export interface Moment {
  /** In [0, 1). */
  readonly random: number;
  readonly now: number;
  readonly standing: ChildStandingOf;
}

/** What a supervisor does about the end of a child: what it notes, tells the child, begins, and reports. */
export interface Judgement {
  readonly change: Partial<SupervisorContext>;
  readonly plugin?: PluginCommand;
  readonly supervisor?: SupervisorCommand;
  readonly plan?: Gathering;
  readonly report?: Omit<SupervisorReport, 'supervisor'>;
}

export type Judge = (context: SupervisorContext, end: ChildEnd, moment: Moment) => Judgement;

/** Each end has one answer. */
export const judge: Judge = (context, end, moment) => {
  const answer = answerTo(context, end, moment.standing, moment.now);
  switch (answer.answer) {
    case 'alone':
      return alone(context, end, moment);
    case 'together':
      return together(context, end, moment);
    case 'giveUp':
      return hopeless(context, end, answer.why === 'exhausted');
    case 'shutDown':
      return done(context, end);
  }
};

/** The end of a child concerns it alone. */
const alone: Judge = (context, end, moment) => {
  const { verdict, memory } = judged(context, end, moment.random);
  const change = {
    ...remembered(context, end, memory),
    ...(verdict.verdict === 'restart' && counted(context, moment)),
  };
  if (end.type === 'plugin.crashed') return { change, plugin: sentence(verdict) };
  if (verdict.verdict === 'rest') return { change };
  return verdict.verdict === 'restart'
    ? { change, supervisor: { type: 'supervisor.restart', delayMs: groupPause(context, moment) } }
    : { change, supervisor: { type: 'supervisor.giveUp', withParent: false } };
};

/** Its siblings come down with it, and all of them start again; also those that had no turn yet the last time. */
const together: Judge = (context, end, moment) => {
  const id = endedChild(end);
  const { verdict, memory } = judged(context, end, moment.random);
  const isPaused = verdict.verdict === 'restart' && end.type === 'plugin.crashed';
  const pauseMs = isPaused ? verdict.delayMs : groupPause(context, moment);
  const unstarted = idsOf(affectedChildren(context).filter((child) => moment.standing(child).isHeld));
  const company = joined(
    context.spec.strategy,
    idsOf(context.children),
    { affected: unstarted, pending: unstarted },
    id,
  );
  return {
    change: { ...remembered(context, end, memory), ...counted(context, moment) },
    plan: { ...company, aim: 'restart', because: `sibling.ended ${id}`, pauseMs },
    report: {
      type: 'supervisor.restarting',
      context: 'childTerminated',
      reason: reasonOf(end),
      offender: id,
      affected: company.affected,
    },
  };
};

/** The group's budget is used up, or one of its children is not tried any more: all come down. */
function hopeless(context: SupervisorContext, end: ChildEnd, isExhausted: boolean): Judgement {
  const { name, intensity, periodMs } = context.spec;
  const plan = everybody(context, { aim: 'giveUp', because: `supervisor.gaveUp ${name}` });
  const why = isExhausted
    ? `This would be restart ${(intensity ?? 0) + 1} within ${periodMs} ms; ${intensity} are allowed.`
    : 'It is not tried any more.';
  return {
    change: remembered(context, end, judged(context, end, 0).memory),
    plan,
    report: {
      type: 'supervisor.gaveUp',
      context: isExhausted ? 'childTerminated' : 'childGaveUp',
      reason: `${reasonOf(end)} ${why}`,
      offender: endedChild(end),
      affected: plan.affected,
    },
  };
}

/** Significant children have ended: the work of the group is done. */
function done(context: SupervisorContext, end: ChildEnd): Judgement {
  const plan = everybody(context, { aim: 'shutDown', because: `supervisor.shutDown ${context.spec.name}` });
  return {
    change: {},
    ...(end.type === 'plugin.crashed' && { plugin: { type: 'plugin.rest' } as const }),
    plan,
    report: {
      type: 'supervisor.shutDown',
      context: 'childTerminated',
      reason: reasonOf(end),
      offender: endedChild(end),
      affected: plan.affected,
    },
  };
}

/** It fell while its siblings come down anyway. One that is not tried any more ends all hope for them. */
export const judgeAmongOthers: Judge = (context, end, moment) => {
  const { verdict, memory } = judged(context, end, moment.random);
  const { aim, because } = context;
  const { answer } = answerTo(context, end, moment.standing, moment.now);
  const change = remembered(context, end, memory);
  switch (answerAmongOthers(aim, verdict.verdict, answer)) {
    case 'giveUp':
      return hopeless(context, end, false);
    case 'alone':
      return { change, plugin: sentence(verdict) };
    case 'join': {
      const company = joined(context.spec.strategy, idsOf(context.children), context, endedChild(end));
      const pauseMs = Math.max(context.pauseMs, verdict.verdict === 'restart' ? verdict.delayMs : 0);
      return { change, plan: { ...company, aim, because, pauseMs } };
    }
  }
};

/** Everything is brought down for good, this one with the rest. */
export const judgeWhileStopping: Judge = () => ({
  change: {},
  plugin: { type: 'plugin.deactivate', because: 'environment.stopping' },
});

function remembered(
  { children }: SupervisorContext,
  end: ChildEnd,
  memory: RestartMemory | undefined,
): Partial<SupervisorContext> {
  return memory === undefined ? {} : { children: withChild(children, endedChild(end), { memory }) };
}

function counted({ restarts, ownTime, spec }: SupervisorContext, { now }: Moment) {
  return { restarts: withRestart(restarts, ownNow(ownTime, now), spec) };
}

function groupPause({ spec, restarts }: SupervisorContext, { random }: Moment): number {
  return backoffDelay(spec.backoff, restarts.length + 1, random);
}

/** How a child ended, in a sentence. */
function reasonOf(end: ChildEnd): string {
  switch (end.type) {
    case 'plugin.crashed':
      return end.exit.error?.message ?? `The plugin ${end.plugin} ended by itself.`;
    case 'supervisor.gaveUp':
      return `The group ${end.supervisor} gave up.`;
    case 'supervisor.ended':
      return `The group ${end.supervisor} shut down.`;
  }
}
