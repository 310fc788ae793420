import type { SupervisorReport } from '../../model/index.js';
import {
  decideDuringGroupStop,
  backoffDelay,
  withExited,
  readClock,
  withRestart,
  type RestartHistory,
} from '../../policy/index.js';
import type { PluginCommand } from '../plugin/types.js';
import { commandFor } from './decision-command.js';
import {
  affectedChildren,
  decideForSiblings,
  exitedChildId,
  planForAll,
  decideForChild,
  withChild,
  idsOf,
  type ChildExitEvent,
} from './context.js';
import type { ChildSummaryOf, GroupRestartPlan, SupervisorCommand, SupervisorContext } from './types.js';

/** What chance, the clock and the children say when a child has ended. */
export interface DecisionInputs {
  /** In [0, 1). */
  readonly random: number;
  readonly now: number;
  readonly summaryOf: ChildSummaryOf;
}

/** What a supervisor does about the end of a child: what it notes, tells the child, begins, and reports. */
export interface ChildExitDecision {
  readonly change: Partial<SupervisorContext>;
  readonly plugin?: PluginCommand;
  readonly supervisor?: SupervisorCommand;
  readonly plan?: GroupRestartPlan;
  readonly report?: Omit<SupervisorReport, 'supervisor'>;
}

export type DecideChildExit = (
  context: SupervisorContext,
  end: ChildExitEvent,
  moment: DecisionInputs,
) => ChildExitDecision;

/** Each end has one answer. */
export const decideChildExit: DecideChildExit = (context, end, moment) => {
  const answer = decideForSiblings(context, end, moment.summaryOf, moment.now);
  switch (answer.action) {
    case 'childOnly':
      return applyChildDecision(context, end, moment);
    case 'restartGroup':
      return restartGroup(context, end, moment);
    case 'giveUp':
      return giveUpGroup(context, end, answer.why === 'exhausted');
    case 'shutDown':
      return shutDownGroup(context, end);
  }
};

/** The end of a child concerns it alone. */
const applyChildDecision: DecideChildExit = (context, end, moment) => {
  const { decision, history } = decideForChild(context, end, moment.random);
  const change = {
    ...withHistory(context, end, history),
    ...(decision.decision === 'restart' && withGroupRestart(context, moment)),
  };
  if (end.type === 'plugin.crashed') return { change, plugin: commandFor(decision) };
  if (decision.decision === 'stop') return { change };
  return decision.decision === 'restart'
    ? { change, supervisor: { type: 'supervisor.restart', delayMs: groupBackoffMs(context, moment) } }
    : { change, supervisor: { type: 'supervisor.giveUp', withParent: false } };
};

/** Its siblings come down with it, and all of them start again; also those that had no turn yet the last time. */
const restartGroup: DecideChildExit = (context, end, moment) => {
  const id = exitedChildId(end);
  const { decision, history } = decideForChild(context, end, moment.random);
  const isPaused = decision.decision === 'restart' && end.type === 'plugin.crashed';
  const pauseMs = isPaused ? decision.delayMs : groupBackoffMs(context, moment);
  const unstarted = idsOf(affectedChildren(context).filter((child) => moment.summaryOf(child).isSuspended));
  const children = withExited(
    context.spec.strategy,
    idsOf(context.children),
    { affected: unstarted, toStop: unstarted },
    id,
  );
  return {
    change: { ...withHistory(context, end, history), ...withGroupRestart(context, moment) },
    plan: { ...children, next: 'restart', because: `sibling.ended ${id}`, backoffMs: pauseMs },
    report: {
      type: 'supervisor.restarting',
      context: 'childTerminated',
      reason: reasonOf(end),
      offender: id,
      affected: children.affected,
    },
  };
};

/** The group's budget is used up, or one of its children is not tried any more: all come down. */
function giveUpGroup(
  context: SupervisorContext,
  end: ChildExitEvent,
  isExhausted: boolean,
): ChildExitDecision {
  const { name, intensity, periodMs } = context.spec;
  const plan = planForAll(context, { next: 'giveUp', because: `supervisor.gaveUp ${name}` });
  const why = isExhausted
    ? `This would be restart ${(intensity ?? 0) + 1} within ${periodMs} ms; ${intensity} are allowed.`
    : 'It is not tried any more.';
  return {
    change: withHistory(context, end, decideForChild(context, end, 0).history),
    plan,
    report: {
      type: 'supervisor.gaveUp',
      context: isExhausted ? 'childTerminated' : 'childGaveUp',
      reason: `${reasonOf(end)} ${why}`,
      offender: exitedChildId(end),
      affected: plan.affected,
    },
  };
}

/** Significant children have ended: the work of the group is done. */
function shutDownGroup(context: SupervisorContext, end: ChildExitEvent): ChildExitDecision {
  const plan = planForAll(context, { next: 'shutDown', because: `supervisor.shutDown ${context.spec.name}` });
  return {
    change: {},
    ...(end.type === 'plugin.crashed' && { plugin: { type: 'plugin.stop' } as const }),
    plan,
    report: {
      type: 'supervisor.shutDown',
      context: 'childTerminated',
      reason: reasonOf(end),
      offender: exitedChildId(end),
      affected: plan.affected,
    },
  };
}

/** It fell while its siblings come down anyway. One that is not tried any more ends all hope for them. */
export const decideChildExitDuringGroupStop: DecideChildExit = (context, end, moment) => {
  const { decision, history } = decideForChild(context, end, moment.random);
  const { next, because } = context;
  const { action } = decideForSiblings(context, end, moment.summaryOf, moment.now);
  const change = withHistory(context, end, history);
  switch (decideDuringGroupStop(next, decision.decision, action)) {
    case 'giveUp':
      return giveUpGroup(context, end, false);
    case 'childOnly':
      return { change, plugin: commandFor(decision) };
    case 'extend': {
      const children = withExited(
        context.spec.strategy,
        idsOf(context.children),
        context,
        exitedChildId(end),
      );
      const pauseMs = Math.max(context.backoffMs, decision.decision === 'restart' ? decision.delayMs : 0);
      return { change, plan: { ...children, next, because, backoffMs: pauseMs } };
    }
  }
};

/** Everything is brought down for good, this one with the rest. */
export const decideChildExitDuringShutdown: DecideChildExit = () => ({
  change: {},
  plugin: { type: 'plugin.deactivate', because: 'environment.stopping' },
});

function withHistory(
  { children }: SupervisorContext,
  end: ChildExitEvent,
  memory: RestartHistory | undefined,
): Partial<SupervisorContext> {
  return memory === undefined
    ? {}
    : { children: withChild(children, exitedChildId(end), { history: memory }) };
}

function withGroupRestart({ restarts, clock, spec }: SupervisorContext, { now }: DecisionInputs) {
  return { restarts: withRestart(restarts, readClock(clock, now), spec) };
}

function groupBackoffMs({ spec, restarts }: SupervisorContext, { random }: DecisionInputs): number {
  return backoffDelay(spec.backoff, restarts.length + 1, random);
}

/** How a child ended, in a sentence. */
function reasonOf(end: ChildExitEvent): string {
  switch (end.type) {
    case 'plugin.crashed':
      return end.exit.error?.message ?? `The plugin ${end.plugin} ended by itself.`;
    case 'supervisor.gaveUp':
      return `The group ${end.supervisor} gave up.`;
    case 'supervisor.ended':
      return `The group ${end.supervisor} shut down.`;
  }
}
