import { allPlugins } from './dependencies.js';
import { isExpected, isStarting, mayStart, type PluginSummaryOf } from './plugin-summary.js';
import { decideStarts, type SchedulerState, type QueuedStart } from './start-slots.js';

/** The plugins that an operator's command starts, and how. */
export interface StartRequest {
  /** Started at once. */
  readonly start: readonly string[];
  /** Queued for a start slot or a requirement. */
  readonly wait: readonly QueuedStart[];
  readonly change: Pick<SchedulerState, 'startQueue' | 'starting' | 'stopQueue'>;
}

/**
 * Starts a plugin, and what it requires unless that starts anyway.
 *
 * @param isRestart Whether the plugin is stopped first, if it runs.
 */
export function requestStart(
  scheduler: SchedulerState,
  plugin: string,
  summaryOf: PluginSummaryOf,
  isRestart: boolean,
): StartRequest {
  const { plan } = scheduler.layout;
  if (!allPlugins(plan).includes(plugin)) return { start: [], wait: [], change: scheduler };
  const needs = plan.needs.get(plugin) ?? [];
  const toStart = needs.filter((id) => needsStart(scheduler, id, summaryOf));
  const stopQueue = scheduler.stopQueue.filter(({ id }) => id !== plugin && !needs.includes(id));
  return planStartRequest(
    { ...scheduler, stopQueue },
    [...toStart, plugin],
    summaryOf,
    isRestart ? plugin : null,
  );
}

/** Starts all plugins that can start. */
export function requestStartAll(scheduler: SchedulerState, summaryOf: PluginSummaryOf): StartRequest {
  const toStart = scheduler.layout.plan.order.filter((id) => needsStart(scheduler, id, summaryOf));
  return planStartRequest({ ...scheduler, stopQueue: [] }, toStart, summaryOf, null);
}

/** Whether a plugin does not start without a command, or is to be stopped. */
function needsStart({ stopQueue }: SchedulerState, plugin: string, summaryOf: PluginSummaryOf): boolean {
  return !isExpected(summaryOf(plugin)) || stopQueue.some(({ id }) => id === plugin);
}

/** `restarted` is stopped first, if it runs. */
function planStartRequest(
  scheduler: SchedulerState,
  ids: readonly string[],
  summaryOf: PluginSummaryOf,
  restarted: string | null,
): StartRequest {
  const mustStopFirst = (id: string) =>
    summaryOf(id).state === 'stopping' || (id === restarted && !mayStart(summaryOf(id)));
  // A plugin that runs needs no start slot; the command empties its restart history.
  const isUp = (id: string) => !mustStopFirst(id) && !mayStart(summaryOf(id));
  const stillStarting = scheduler.starting.filter((id) => isStarting(summaryOf(id)));
  const candidates = ids.filter((id) => !isUp(id));
  const decisions = decideStarts(scheduler, candidates, stillStarting, summaryOf);
  // A plugin that is suspended by its group starts when it is resumed.
  const start = decisions.start.filter((id) => !mustStopFirst(id) && !summaryOf(id).isSuspended);
  const wait = [
    ...decisions.start
      .filter((id) => !start.includes(id))
      .map((id) => ({ id, because: 'startSlot.awaited' })),
    ...decisions.wait,
    // A queued plugin gets the error in the next step of the scheduler.
    ...decisions.reject.map(({ id }) => ({ id, because: 'startSlot.awaited' })),
  ];
  return {
    start: [...ids.filter(isUp), ...start],
    wait,
    change: {
      startQueue: [...new Set([...scheduler.startQueue, ...ids])],
      starting: [...new Set([...stillStarting, ...start])],
      stopQueue: scheduler.stopQueue,
    },
  };
}
