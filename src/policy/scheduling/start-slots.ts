import { allPlugins, type StartPlan } from './dependencies.js';
import { isExpected, isStarting, mayStart, type PluginSummaryOf } from './plugin-summary.js';

/** A plugin that is to be deactivated once the plugins that start after it have stopped. */
export interface StopRequest {
  readonly id: string;
  /** The reason, unless an operator deactivated this very plugin. */
  readonly because?: string;
}

/** The state of the start scheduler. The state of a plugin is in its own snapshot. */
export interface SchedulerState {
  readonly layout: {
    readonly plan: StartPlan;
    /** For each plugin, the plugins that it starts after and is stopped before. */
    readonly after: ReadonlyMap<string, readonly string[]>;
  };
  readonly startConcurrency: number;
  /** All plugins that are queued, and possibly some that no longer are. */
  readonly startQueue: readonly string[];
  /** All plugins that start in a start slot, and possibly some that have finished. */
  readonly starting: readonly string[];
  readonly stopQueue: readonly StopRequest[];
}

/** A queued plugin, and what it waits for. */
export interface QueuedStart {
  readonly id: string;
  readonly because: string;
}

/** The decisions of the start scheduler about queued plugins. */
export interface StartDecisions {
  readonly start: readonly string[];
  readonly wait: readonly QueuedStart[];
  /** The plugins that cannot start, each after what it lacks if that is rejected, too. */
  readonly reject: readonly { readonly id: string; readonly lacks: string }[];
}

/**
 * Grants start slots to candidates whose requirements are healthy, as long as slots are free.
 *
 * @param candidates In start order. Each of them starts when it gets a slot.
 * @param starting The plugins that have a slot.
 */
export function decideStarts(
  { layout: { plan }, startConcurrency }: Pick<SchedulerState, 'layout' | 'startConcurrency'>,
  candidates: readonly string[],
  starting: readonly string[],
  summaryOf: PluginSummaryOf,
): StartDecisions {
  const startable = new Set(candidates);
  const taken = new Set(starting);
  const start: string[] = [];
  const wait: QueuedStart[] = [];
  const reject: { id: string; lacks: string }[] = [];
  for (const id of candidates) {
    // Stryker disable next-line ArrayDeclaration: a plugin without an entry lacks something anyway.
    const unready = (plan.needs.get(id) ?? []).filter((other) => summaryOf(other).state !== 'healthy');
    const lacks =
      unmetRequirementOf(plan, id) ??
      unready.find((other) => !isExpected(summaryOf(other)) && !startable.has(other));
    if (lacks !== undefined) {
      reject.push({ id, lacks });
      startable.delete(id);
    } else if (unready[0] !== undefined) wait.push({ id, because: `requirement.awaited ${unready[0]}` });
    else if (taken.size >= startConcurrency && !taken.has(id))
      wait.push({ id, because: 'startSlot.awaited' });
    else {
      start.push(id);
      taken.add(id);
    }
  }
  return { start, wait, reject };
}

/** Decides about all queued plugins, after the state of a plugin has changed. */
export function grantStartSlots(
  scheduler: SchedulerState,
  summaryOf: PluginSummaryOf,
): StartDecisions & Pick<SchedulerState, 'startQueue' | 'starting'> {
  const starting = scheduler.starting.filter((id) => isStarting(summaryOf(id)));
  const startQueue = scheduler.startQueue.filter((id) => summaryOf(id).queued !== null);
  const candidates = startQueue.filter((id) => !summaryOf(id).isSuspended && mayStart(summaryOf(id)));
  const ordered = inStartOrder(scheduler.layout.plan, candidates);
  const { start, wait, reject } = decideStarts(scheduler, ordered, starting, summaryOf);
  const decided = new Set([...start, ...reject.map(({ id }) => id)]);
  return {
    start,
    wait: wait.filter(({ id, because }) => summaryOf(id).queued !== because),
    reject,
    startQueue: startQueue.filter((id) => !decided.has(id)),
    starting: [...new Set([...starting, ...start])],
  };
}

function inStartOrder(plan: StartPlan, ids: readonly string[]): readonly string[] {
  const chosen = new Set(ids);
  return allPlugins(plan).filter((id) => chosen.has(id));
}

/** The requirement that makes a start impossible: it is missing, in a cycle, or cannot start itself. */
function unmetRequirementOf(plan: StartPlan, plugin: string): string | undefined {
  const why = plan.unmet.get(plugin);
  switch (why?.kind) {
    case undefined:
      return undefined;
    case 'missing':
      return why.missing;
    case 'cycle':
      return why.cycle[1];
    case 'unmet':
      return why.requirement;
  }
}
