import { dependentsOf, everyone } from './dependencies.js';
import { nextDown, type Step } from './order.js';
import { hasProcess, type PluginStanding, type PluginStandingOf } from './standing.js';
import type { Desk, Leaving } from './turns.js';

/** A plugin leaves, and before it whatever requires it. */
export function dismissed(
  { layout, leaving }: Desk,
  plugin: string,
  standing: PluginStandingOf,
): readonly Leaving[] {
  const dependents = dependentsOf(layout.plan, plugin).filter(
    (id) => standing(id).wanted || standing(id).state === 'stopping',
  );
  const going: Leaving[] = [
    { id: plugin },
    ...dependents.map((id) => ({ id, because: `requirement.deactivated ${plugin}` })),
  ];
  const ids = going.map(({ id }) => id);
  return [...leaving.filter(({ id }) => !ids.includes(id)), ...going];
}

/** Everything leaves that has not come to rest already. */
export function dismissedAll(plugins: readonly string[], standing: PluginStandingOf): readonly Leaving[] {
  return plugins
    .filter((id) => standing(id).state !== 'idle')
    .map((id) => ({ id, because: 'environment.stopping' }));
}

/** Whom to tell now that it is to come down: whoever is down or on its way at once, the others after their dependents. */
export function departures({ leaving, layout }: Desk, standing: PluginStandingOf): readonly Leaving[] {
  const leaves = new Set(leaving.map(({ id }) => id));
  // What goes down for another reason comes up again.
  const going = everyone(layout.plan).filter(
    (id) => hasProcess(standing(id).state) && (leaves.has(id) || !standing(id).wanted),
  );
  // Stryker disable next-line ArrayDeclaration,StringLiteral: nobody is called as it says; and all of them run.
  const steps = going.map((id): Step => ({ id, progress: 'up', after: layout.after.get(id) ?? [] }));
  const next = new Set(nextDown(steps));
  return leaving.filter(({ id }) => next.has(id) || isGoingDown(standing(id)));
}

/** Such a one has to hear only that it does not start again. */
function isGoingDown({ state, wanted }: PluginStanding): boolean {
  return !hasProcess(state) || !wanted || state === 'stopping';
}

/** Whether no plugin has anything left to come down from. */
export function isQuiet({ leaving, layout }: Desk, standing: PluginStandingOf): boolean {
  return leaving.length === 0 && everyone(layout.plan).every((id) => standing(id).state === 'idle');
}
