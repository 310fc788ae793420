import { allPlugins, type StartPlan } from './dependencies.js';
import { isExpected, isStarting, mayStart, type PluginSummaryOf } from './plugin-summary.js';

/** A plugin that is to be brought down for good, and waits for those that come after it. */
export interface StopRequest {
  readonly id: string;
  /** Why, where nobody asked for this very plugin. */
  readonly because?: string;
}

/** What the desk goes by when it gives out turns. Where a plugin is, its own snapshot says. */
export interface SchedulerState {
  readonly layout: {
    readonly plan: StartPlan;
    /** For each plugin, all that it starts after and is stopped before. */
    readonly after: ReadonlyMap<string, readonly string[]>;
  };
  readonly startConcurrency: number;
  /** Whom to look at for a turn: all that wait for theirs, and perhaps some that do not any more. */
  readonly startQueue: readonly string[];
  /** Those that had their turn: all that are on their way up by it, and perhaps some that are not any more. */
  readonly starting: readonly string[];
  readonly stopQueue: readonly StopRequest[];
}

/** Who waits for its turn, and for what. */
export interface QueuedStart {
  readonly id: string;
  readonly because: string;
}

/** What is to be told to plugins whose turn it may be. */
export interface StartDecisions {
  readonly start: readonly string[];
  readonly wait: readonly QueuedStart[];
  /** Whose turn will not come, each after what it lacks where that is refused, too. */
  readonly reject: readonly { readonly id: string; readonly lacks: string }[];
}

/**
 * Gives out turns among these: to whoever has all that it requires, and not to more at a time than may start.
 *
 * @param candidates In start order. Each of them comes up if its turn comes.
 * @param starting Those that had their turn, and are on their way up.
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
    // Stryker disable next-line ArrayDeclaration: who has no such entry lacks something anyway.
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

/** What follows for those that wait, now that something has moved. */
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

/** What a plugin requires that was removed while it waited, or cannot be started since. */
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
