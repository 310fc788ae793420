import type { StateDefinition } from './chart-definition.js';

/** A state of a machine with its place in it. */
export interface Place {
  readonly id: string;
  readonly path: readonly string[];
  readonly definition: StateDefinition;
  readonly parent: Place | null;
  readonly children: readonly Place[];
}

/** Every state of a machine, parents before their children, children in the order of their definition. */
export function placesOf(machineId: string, definition: StateDefinition): readonly Place[] {
  const root = placeOf(machineId, definition, [], null);
  const withAll = (place: Place): Place[] => [place, ...place.children.flatMap(withAll)];
  return withAll(root);
}

function placeOf(
  machineId: string,
  definition: StateDefinition,
  path: readonly string[],
  parent: Place | null,
): Place {
  const children: Place[] = [];
  const place = { id: definition.id ?? [machineId, ...path].join('.'), path, definition, parent, children };
  for (const [key, state] of Object.entries(definition.states ?? {})) {
    children.push(placeOf(machineId, state, [...path, key], place));
  }
  return place;
}

/**
 * The id of the state that a transition's target names. XState's three ways to name one are `#id`, `.child` and
 * `sibling`, the latter two with any number of steps further down.
 */
export function targetId(from: Place, target: string, places: readonly Place[]): string {
  if (target.startsWith('#')) {
    const id = target.slice(1);
    return places.find((place) => place.id === id)?.id ?? id;
  }
  const start = target.startsWith('.') ? from : (from.parent ?? from);
  const steps = target.replace(/^\./, '').split('.');
  return walk(start, steps)?.id ?? [start.id, ...steps].join('.');
}

function walk(from: Place, steps: readonly string[]): Place | undefined {
  return steps.reduce<Place | undefined>(
    (place, step) => place?.children.find(({ path }) => path.at(-1) === step),
    from,
  );
}
