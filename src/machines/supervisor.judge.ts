import type { SupervisorReport } from '../model/index.js';
import { backoffDelay, ownNow, withRestart, type RestartMemory } from '../policy/index.js';
import type { PluginCommand } from './plugin.types.js';
import { sentence } from './sentence.js';
import {
  answerTo,
  childOf,
  endedChild,
  gathering,
  idsOf,
  joined,
  judged,
  withChild,
  type ChildEnd,
} from './supervisor.context.js';
import type { Child, SupervisorCommand, SupervisorContext, Whereabouts } from './supervisor.types.js';

/** What chance and the clock say when a child has ended. */
export interface Moment {
  /** In [0, 1). */
  readonly random: number;
  readonly now: number;
}

/** What a supervisor does about the end of a child: what it notes, tells the child, and reports. */
export interface Judgement {
  readonly change: Partial<SupervisorContext>;
  readonly plugin?: PluginCommand;
  readonly supervisor?: SupervisorCommand;
  readonly report?: Omit<SupervisorReport, 'supervisor'>;
}

export type Judge = (context: SupervisorContext, end: ChildEnd, moment: Moment) => Judgement;

/** The end of a child concerns it alone. */
export const judgeAlone: Judge = (context, end, moment) => {
  const { verdict, memory } = judged(context, end, moment.random);
  const whereabouts = { restart: 'rising', rest: 'down', giveUp: 'failed' } as const;
  const change = {
    children: ended(context, end, whereabouts[verdict.verdict], memory),
    ...(verdict.verdict === 'restart' && counted(context, moment)),
  };
  if (end.type === 'plugin.crashed') return { change, plugin: sentence(verdict) };
  if (verdict.verdict === 'rest') return { change };
  return verdict.verdict === 'restart'
    ? { change, supervisor: { type: 'supervisor.restart', delayMs: groupPause(context, moment) } }
    : { change, supervisor: { type: 'supervisor.giveUp', withParent: false } };
};

/** Its siblings come down with it, and all of them start again; also those that had no turn yet the last time. */
export const judgeTogether: Judge = (context, end, moment) => {
  const id = endedChild(end);
  const { verdict, memory } = judged(context, end, moment.random);
  const isPaused = verdict.verdict === 'restart' && end.type === 'plugin.crashed';
  const pauseMs = isPaused ? verdict.delayMs : groupPause(context, moment);
  const unstarted = context.affected.filter((other) => childOf(context, other)?.whereabouts === 'held');
  const affected = joined({ ...context, affected: unstarted }, id);
  const children = ended(context, end, 'fallen', memory);
  const plan = { aim: 'restart', affected, because: `sibling.ended ${id}`, pauseMs } as const;
  return {
    change: { ...gathering({ ...context, children }, plan), ...counted(context, moment) },
    report: {
      type: 'supervisor.restarting',
      context: 'childTerminated',
      reason: reasonOf(end),
      offender: id,
      affected,
    },
  };
};

/** The group's budget is used up, or one of its children is not tried any more: all come down. */
export const judgeHopeless: Judge = (context, end, { now }) => {
  const { name, intensity, periodMs } = context.spec;
  const answer = answerTo(context, end, now);
  const isExhausted = answer.answer === 'giveUp' && answer.why === 'exhausted';
  const children = ended(context, end, 'fallen', judged(context, end, 0).memory);
  const affected = idsOf(children);
  const plan = { aim: 'giveUp', affected, because: `supervisor.gaveUp ${name}` } as const;
  const why = isExhausted
    ? `This would be restart ${(intensity ?? 0) + 1} within ${periodMs} ms; ${intensity} are allowed.`
    : 'It is not tried any more.';
  return {
    change: gathering({ ...context, children }, plan),
    report: {
      type: 'supervisor.gaveUp',
      context: isExhausted ? 'childTerminated' : 'childGaveUp',
      reason: `${reasonOf(end)} ${why}`,
      offender: endedChild(end),
      affected,
    },
  };
};

/** Significant children have ended: the work of the group is done. */
export const judgeDone: Judge = (context, end) => {
  const children = ended(context, end, 'down');
  const affected = idsOf(children);
  const plan = { aim: 'shutDown', affected, because: `supervisor.shutDown ${context.spec.name}` } as const;
  return {
    change: gathering({ ...context, children }, plan),
    ...(end.type === 'plugin.crashed' && { plugin: { type: 'plugin.rest' } as const }),
    report: {
      type: 'supervisor.shutDown',
      context: 'childTerminated',
      reason: reasonOf(end),
      offender: endedChild(end),
      affected,
    },
  };
};

/** It fell while its siblings come down anyway. */
export const judgeAmongOthers: Judge = (context, end, { random }) => {
  const { verdict, memory } = judged(context, end, random);
  if (verdict.verdict === 'rest')
    return { change: { children: ended(context, end, 'down', memory) }, plugin: { type: 'plugin.rest' } };
  const delayMs = verdict.verdict === 'restart' ? verdict.delayMs : 0;
  return {
    change: {
      children: ended(context, end, 'fallen', memory),
      affected: joined(context, endedChild(end)),
      pauseMs: Math.max(context.pauseMs, delayMs),
    },
  };
};

/** Everything is brought down for good, this one with the rest. */
export const judgeWhileStopping: Judge = (context, end) => ({
  change: { children: ended(context, end, 'closing') },
  plugin: { type: 'plugin.deactivate', because: 'environment.stopping' },
});

function ended(
  { children }: SupervisorContext,
  end: ChildEnd,
  whereabouts: Whereabouts,
  memory?: RestartMemory,
): readonly Child[] {
  return withChild(children, endedChild(end), { whereabouts, ...(memory && { memory }) });
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
