import type { StateDefinition } from './chart-definition.js';

/** A state of a machine with its place in it. */
export interface StateNode {
  readonly id: string;
  readonly path: readonly string[];
  readonly definition: StateDefinition;
  readonly parent: StateNode | null;
  readonly children: readonly StateNode[];
}

/** Every state of a machine, parents before their children, children in the order of their definition. */
export function stateNodesOf(machineId: string, definition: StateDefinition): readonly StateNode[] {
  const root = stateNodeOf(machineId, definition, [], null);
  const withDescendants = (place: StateNode): StateNode[] => [
    place,
    ...place.children.flatMap(withDescendants),
  ];
  return withDescendants(root);
}

function stateNodeOf(
  machineId: string,
  definition: StateDefinition,
  path: readonly string[],
  parent: StateNode | null,
): StateNode {
  const children: StateNode[] = [];
  const node = { id: definition.id ?? [machineId, ...path].join('.'), path, definition, parent, children };
  for (const [key, state] of Object.entries(definition.states ?? {})) {
    children.push(stateNodeOf(machineId, state, [...path, key], node));
  }
  return node;
}

/**
 * The id of the state that a transition's target names. XState's three ways to name one are `#id`, `.child` and
 * `sibling`, the latter two with any number of steps further down.
 */
export function targetId(from: StateNode, target: string, nodes: readonly StateNode[]): string {
  if (target.startsWith('#')) {
    const id = target.slice(1);
    return nodes.find((place) => place.id === id)?.id ?? id;
  }
  const start = target.startsWith('.') ? from : (from.parent ?? from);
  const steps = target.replace(/^\./, '').split('.');
  return descendantAt(start, steps)?.id ?? [start.id, ...steps].join('.');
}

function descendantAt(from: StateNode, steps: readonly string[]): StateNode | undefined {
  return steps.reduce<StateNode | undefined>(
    (place, step) => place?.children.find(({ path }) => path.at(-1) === step),
    from,
  );
}
