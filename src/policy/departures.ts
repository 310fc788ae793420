import { dependentsOf, everyone } from './dependencies.js';
import { nextDown, type Step } from './order.js';
import { hasNoProcess, type PluginStandingOf } from './standing.js';
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
  const goes = new Set(leaving.map(({ id }) => id));
  const steps = everyone(layout.plan).flatMap((id): Step[] => {
    const at = standing(id);
    const after = layout.after.get(id) ?? [];
    if (hasNoProcess(at)) return [{ id, progress: 'down', after }];
    if (!at.wanted) return [{ id, progress: 'sinking', after }];
    // What goes down for another reason comes up again.
    if (!goes.has(id)) return [];
    return [{ id, progress: at.state === 'stopping' ? 'sinking' : 'up', after }];
  });
  // What is on its way down already has to hear only that it does not start again.
  const now = new Set([
    ...nextDown(steps),
    ...steps.filter(({ progress }) => progress !== 'up').map(({ id }) => id),
  ]);
  return leaving.filter(({ id }) => now.has(id));
}

/** Whether no plugin has anything left to come down from. */
export function isQuiet({ leaving, layout }: Desk, standing: PluginStandingOf): boolean {
  return leaving.length === 0 && everyone(layout.plan).every((id) => standing(id).state === 'idle');
}
