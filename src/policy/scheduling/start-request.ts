import { allPlugins } from './dependencies.js';
import { isExpected, isStarting, mayStart, type PluginSummaryOf } from './plugin-summary.js';
import { decideStarts, type SchedulerState, type QueuedStart } from './start-slots.js';

/** Whom an operator's wish makes start, and in which way. */
export interface StartRequest {
  /** At once. */
  readonly start: readonly string[];
  /** When their turn comes. */
  readonly wait: readonly QueuedStart[];
  readonly change: Pick<SchedulerState, 'startQueue' | 'starting' | 'stopQueue'>;
}

/** A plugin is wanted, and with it all that it requires and that does not come up by itself. */
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
  const leaving = scheduler.stopQueue.filter(({ id }) => id !== plugin && !needs.includes(id));
  return planStartRequest(
    { ...scheduler, stopQueue: leaving },
    [...toStart, plugin],
    summaryOf,
    isRestart ? plugin : null,
  );
}

/** All that can start are wanted. */
export function requestStartAll(scheduler: SchedulerState, summaryOf: PluginSummaryOf): StartRequest {
  const toStart = scheduler.layout.plan.order.filter((id) => needsStart(scheduler, id, summaryOf));
  return planStartRequest({ ...scheduler, stopQueue: [] }, toStart, summaryOf, null);
}

/** Whether it does not come up by itself, or not to stay. */
function needsStart({ stopQueue }: SchedulerState, plugin: string, summaryOf: PluginSummaryOf): boolean {
  return !isExpected(summaryOf(plugin)) || stopQueue.some(({ id }) => id === plugin);
}

/** `restarted` comes down first, if it runs. */
function planStartRequest(
  scheduler: SchedulerState,
  ids: readonly string[],
  summaryOf: PluginSummaryOf,
  restarted: string | null,
): StartRequest {
  const mustStopFirst = (id: string) =>
    summaryOf(id).state === 'stopping' || (id === restarted && !mayStart(summaryOf(id)));
  // Who is up, or on its way, needs no turn: only that its failures are forgotten.
  const isUp = (id: string) => !mustStopFirst(id) && !mayStart(summaryOf(id));
  const stillStarting = scheduler.starting.filter((id) => isStarting(summaryOf(id)));
  const candidates = ids.filter((id) => !isUp(id));
  const decisions = decideStarts(scheduler, candidates, stillStarting, summaryOf);
  // Its group may keep down what could start otherwise.
  const start = decisions.start.filter((id) => !mustStopFirst(id) && !summaryOf(id).isSuspended);
  const wait = [
    ...decisions.start
      .filter((id) => !start.includes(id))
      .map((id) => ({ id, because: 'startSlot.awaited' })),
    ...decisions.wait,
    // It is told why as soon as it waits.
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
