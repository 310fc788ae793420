import type { StateDefinition } from './chart-definition.js';

/** A state of a machine with its parent and children. */
export interface StateNode {
  readonly id: string;
  readonly path: readonly string[];
  readonly definition: StateDefinition;
  readonly parent: StateNode | null;
  readonly children: readonly StateNode[];
}

/** All states of a machine, parents before their children, in the order of definition. */
export function stateNodesOf(machineId: string, definition: StateDefinition): readonly StateNode[] {
  const root = stateNodeOf(machineId, definition, [], null);
  const withDescendants = (node: StateNode): StateNode[] => [node, ...node.children.flatMap(withDescendants)];
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
 * Resolves the target of a transition to a state id. XState's forms are `#id`, `.child` and `sibling`; the last two may
 * be followed by names of nested states.
 */
export function targetId(from: StateNode, target: string, nodes: readonly StateNode[]): string {
  if (target.startsWith('#')) {
    const id = target.slice(1);
    return nodes.find((node) => node.id === id)?.id ?? id;
  }
  const start = target.startsWith('.') ? from : (from.parent ?? from);
  const steps = target.replace(/^\./, '').split('.');
  return descendantAt(start, steps)?.id ?? [start.id, ...steps].join('.');
}

function descendantAt(from: StateNode, steps: readonly string[]): StateNode | undefined {
  return steps.reduce<StateNode | undefined>(
    (node, step) => node?.children.find(({ path }) => path.at(-1) === step),
    from,
  );
}
