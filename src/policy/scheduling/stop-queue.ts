import { dependentsOf, allPlugins } from './dependencies.js';
import { stoppable, type Step } from './order.js';
import { hasProcess, type PluginSummary, type PluginSummaryOf } from './plugin-summary.js';
import type { SchedulerState, StopRequest } from './start-slots.js';

/** A plugin leaves, and before it whatever requires it. */
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

/** Everything leaves that has not come to rest already. */
export function requestStopAll(
  plugins: readonly string[],
  summaryOf: PluginSummaryOf,
): readonly StopRequest[] {
  return plugins
    .filter((id) => summaryOf(id).state !== 'idle')
    .map((id) => ({ id, because: 'environment.stopping' }));
}

/** Whom to tell now that it is to come down: whoever is down or on its way at once, the others after their dependents. */
export function dueStops(
  { stopQueue, layout }: SchedulerState,
  summaryOf: PluginSummaryOf,
): readonly StopRequest[] {
  const requested = new Set(stopQueue.map(({ id }) => id));
  // What goes down for another reason comes up again.
  const stopping = allPlugins(layout.plan).filter(
    (id) => hasProcess(summaryOf(id).state) && (requested.has(id) || !summaryOf(id).wanted),
  );
  // Stryker disable next-line ArrayDeclaration,StringLiteral: nobody is called as it says; and all of them run.
  const steps = stopping.map((id): Step => ({ id, progress: 'running', after: layout.after.get(id) ?? [] }));
  const next = new Set(stoppable(steps));
  return stopQueue.filter(({ id }) => next.has(id) || needsNoProcessStop(summaryOf(id)));
}

/** Such a one has to hear only that it does not start again. */
function needsNoProcessStop({ state, wanted }: PluginSummary): boolean {
  return !hasProcess(state) || !wanted || state === 'stopping';
}

/** Whether no plugin has anything left to come down from. */
export function isAllStopped({ stopQueue, layout }: SchedulerState, summaryOf: PluginSummaryOf): boolean {
  return stopQueue.length === 0 && allPlugins(layout.plan).every((id) => summaryOf(id).state === 'idle');
}
