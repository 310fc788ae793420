import type { SupervisorReport } from '../../model/index.js';
import {
  backoffDelay,
  withExited,
  readClock,
  withRestart,
  type AfterGroupStop,
  type GroupDecision,
  type RestartDecision,
} from '../../policy/index.js';
import type { PluginCommand } from '../plugin/types.js';
import {
  affectedChildren,
  decideForSiblings,
  exitedChildId,
  planForAll,
  decideForChild,
  withChild,
  idsOf,
  type ChildExitEvent,
  type DecisionInputs,
} from './context.js';
import type { GroupRestartPlan, SupervisorCommand, SupervisorContext } from './types.js';

/** What a supervisor does when a child has ended: the context it keeps, the commands it sends, and its report. */
export interface ChildExitDecision {
  readonly change: Partial<SupervisorContext>;
  readonly plugin?: PluginCommand;
  readonly supervisor?: SupervisorCommand;
  readonly plan?: GroupRestartPlan;
  readonly report?: Omit<SupervisorReport, 'supervisor'>;
}

/** Both decisions about one exit, and what they were made from. */
interface DecidedExit {
  readonly context: SupervisorContext;
  readonly exit: ChildExitEvent;
  readonly inputs: DecisionInputs;
  readonly own: RestartDecision;
  readonly group: GroupDecision;
  readonly next: AfterGroupStop | null;
}

/**
 * Decides once for the child and once for its siblings, and says what follows.
 *
 * @param next What follows the group stop that is in progress; `null`: none is.
 */
export function decideChildExit(
  context: SupervisorContext,
  exit: ChildExitEvent,
  inputs: DecisionInputs,
  next: AfterGroupStop | null,
): ChildExitDecision {
  const { decision: own, history } = decideForChild(context, exit, inputs.random);
  const group = decideForSiblings(context, exit, own, inputs, next);
  const decided = { context, exit, inputs, own, group, next };
  const { change, ...rest } = applyByAction[group.action](decided);
  const children = withChild(context.children, exitedChildId(exit), history === undefined ? {} : { history });
  return { ...rest, change: { children, ...change } };
}

/** The supervisor stops for good: the child is not restarted. */
export function decideChildExitDuringShutdown(): ChildExitDecision {
  return { change: {}, plugin: { type: 'plugin.deactivate', because: 'environment.stopping' } };
}

type Apply = (decided: DecidedExit) => ChildExitDecision;

/** The siblings go on; the child is restarted, stopped or given up. */
const applyChildOnly: Apply = ({ context, exit, inputs, own, next }) => {
  const change = own.decision === 'restart' ? withGroupRestart(context, inputs) : {};
  if (exit.type === 'plugin.crashed') return { change, plugin: commandFor(own) };
  // During a group stop the stop reaches a supervisor that has given up, too.
  if (own.decision === 'stop' || next !== null) return { change };
  return own.decision === 'restart'
    ? { change, supervisor: { type: 'supervisor.restart', delayMs: groupBackoffMs(context, inputs) } }
    : { change, supervisor: { type: 'supervisor.giveUp', withParent: false } };
};

/** The affected siblings are stopped and start again, with those that the last group restart has not started yet. */
const applyRestartGroup: Apply = ({ context, exit, inputs, own }) => {
  const id = exitedChildId(exit);
  const isPluginRestart = own.decision === 'restart' && exit.type === 'plugin.crashed';
  const backoffMs = isPluginRestart ? own.delayMs : groupBackoffMs(context, inputs);
  const unstarted = idsOf(affectedChildren(context).filter((child) => inputs.summaryOf(child).isSuspended));
  const affected = withExitedChild(context, { affected: unstarted, toStop: unstarted }, id);
  return {
    change: withGroupRestart(context, inputs),
    plan: { ...affected, next: 'restart', because: `sibling.ended ${id}`, backoffMs },
    report: reportOf(exit, 'supervisor.restarting', affected.affected),
  };
};

/** The child's siblings are being stopped anyway; those that its exit affects are stopped with them. */
const applyExtendGroupStop: Apply = ({ context, exit, own }) => {
  const { next, because } = context;
  const backoffMs = Math.max(context.backoffMs, own.decision === 'restart' ? own.delayMs : 0);
  const affected = withExitedChild(context, context, exitedChildId(exit));
  return { change: {}, plan: { ...affected, next, because, backoffMs } };
};

/** The restart intensity of the group is exceeded, or one of its children is given up. */
const applyGiveUp: Apply = ({ context, exit, group }) => {
  const { name, intensity, periodMs } = context.spec;
  const plan = planForAll(context, { next: 'giveUp', because: `supervisor.gaveUp ${name}` });
  const isExhausted = group.action === 'giveUp' && group.why === 'exhausted';
  const why = isExhausted
    ? `This would be restart ${(intensity ?? 0) + 1} within ${periodMs} ms; ${intensity} are allowed.`
    : 'It is not restarted any more.';
  const report = reportOf(exit, 'supervisor.gaveUp', plan.affected);
  return {
    change: {},
    plan,
    report: {
      ...report,
      context: isExhausted ? 'childTerminated' : 'childGaveUp',
      reason: `${report.reason} ${why}`,
    },
  };
};

/** The significant children have ended, and so the group is stopped. */
const applyShutDown: Apply = ({ context, exit, own }) => {
  const plan = planForAll(context, { next: 'shutDown', because: `supervisor.shutDown ${context.spec.name}` });
  return {
    change: {},
    ...(exit.type === 'plugin.crashed' && { plugin: commandFor(own) }),
    plan,
    report: reportOf(exit, 'supervisor.shutDown', plan.affected),
  };
};

const applyByAction: Readonly<Record<GroupDecision['action'], Apply>> = {
  childOnly: applyChildOnly,
  restartGroup: applyRestartGroup,
  extendGroupStop: applyExtendGroupStop,
  giveUp: applyGiveUp,
  shutDown: applyShutDown,
};

/** The command by which a plugin gets its supervisor's decision. */
function commandFor(decision: RestartDecision): PluginCommand {
  switch (decision.decision) {
    case 'restart':
      return { type: 'plugin.restart', delayMs: decision.delayMs, attempt: decision.attempt };
    case 'stop':
      return { type: 'plugin.stop' };
    case 'giveUp':
      return { type: 'plugin.giveUp', reason: decision.reason };
  }
}

function withExitedChild(
  { spec, children }: SupervisorContext,
  current: Parameters<typeof withExited>[2],
  exited: string,
) {
  return withExited(spec.strategy, idsOf(children), current, exited);
}

function withGroupRestart({ restarts, clock, spec }: SupervisorContext, { now }: DecisionInputs) {
  return { restarts: withRestart(restarts, readClock(clock, now), spec) };
}

function groupBackoffMs({ spec, restarts }: SupervisorContext, { random }: DecisionInputs): number {
  return backoffDelay(spec.backoff, restarts.length + 1, random);
}

function reportOf(
  exit: ChildExitEvent,
  type: SupervisorReport['type'],
  affected: readonly string[],
): NonNullable<ChildExitDecision['report']> {
  return {
    type,
    context: 'childTerminated',
    reason: reasonOf(exit),
    offender: exitedChildId(exit),
    affected,
  };
}

/** How a child ended, in a sentence. */
function reasonOf(exit: ChildExitEvent): string {
  switch (exit.type) {
    case 'plugin.crashed':
      return exit.exit.error?.message ?? `The plugin ${exit.plugin} ended by itself.`;
    case 'supervisor.gaveUp':
      return `The group ${exit.supervisor} gave up.`;
    case 'supervisor.ended':
      return `The group ${exit.supervisor} shut down.`;
  }
}
