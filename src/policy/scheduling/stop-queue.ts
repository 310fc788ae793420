import type { Deadlines } from '../../model/index.js';
import { dependentsOf, allPlugins } from './dependencies.js';
import { stoppable, type Step } from './order.js';
import { hasProcess, type PluginSummary, type PluginSummaryOf } from './plugin-summary.js';
import type { SchedulerState, StopRequest } from './start-slots.js';

/** The stop queue with a plugin, and with all that require it, which stop before it. */
export function requestStop(
  { layout, stopQueue }: SchedulerState,
  plugin: string,
  summaryOf: PluginSummaryOf,
): readonly StopRequest[] {
  const dependents = dependentsOf(layout.plan, plugin).filter(
    (id) => summaryOf(id).wanted || summaryOf(id).state === 'stopping',
  );
  const requests: StopRequest[] = [
    { id: plugin },
    ...dependents.map((id) => ({ id, because: `requirement.deactivated ${plugin}` })),
  ];
  const ids = requests.map(({ id }) => id);
  return [...stopQueue.filter(({ id }) => !ids.includes(id)), ...requests];
}

/** The stop queue with every plugin that is not idle. */
export function requestStopAll(
  plugins: readonly string[],
  summaryOf: PluginSummaryOf,
): readonly StopRequest[] {
  return plugins
    .filter((id) => summaryOf(id).state !== 'idle')
    .map((id) => ({ id, because: 'environment.stopping' }));
}

/** The requests to send now: plugins without a running process at once, the others after those that start after them. */
export function dueStops(
  { stopQueue, layout }: SchedulerState,
  summaryOf: PluginSummaryOf,
): readonly StopRequest[] {
  const requested = new Set(stopQueue.map(({ id }) => id));
  // A wanted plugin that is not in the queue starts again: it does not delay others.
  const stopping = allPlugins(layout.plan).filter(
    (id) => hasProcess(summaryOf(id).state) && (requested.has(id) || !summaryOf(id).wanted),
  );
  // Stryker disable next-line ArrayDeclaration,StringLiteral: no plugin has such an id, and all of them run.
  const steps = stopping.map((id): Step => ({ id, progress: 'running', after: layout.after.get(id) ?? [] }));
  const next = new Set(stoppable(steps));
  return stopQueue.filter(({ id }) => next.has(id) || needsNoProcessStop(summaryOf(id)));
}

/** Whether the request only keeps the plugin from starting again. */
function needsNoProcessStop({ state, wanted }: PluginSummary): boolean {
  return !hasProcess(state) || !wanted || state === 'stopping';
}

/** Whether every plugin is idle and no stop is queued. */
export function isAllStopped({ stopQueue, layout }: SchedulerState, summaryOf: PluginSummaryOf): boolean {
  return stopQueue.length === 0 && allPlugins(layout.plan).every((id) => summaryOf(id).state === 'idle');
}

/**
 * How long it can take, in milliseconds, until a plugin that is deactivated has no process: every stop step takes its
 * whole time. A process that is still being spawned is killed as soon as it exists.
 */
export function stopsWithinMs(deadlines: Deadlines, isSpawning = false): number {
  const { startMs, drainMs, hookMs, shutdownMs, termMs, killMs } = deadlines;
  return isSpawning ? startMs + killMs : drainMs + hookMs + shutdownMs + termMs + killMs;
}
