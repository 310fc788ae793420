import type { AnyStateMachine } from 'xstate';
import { listOf, type StateDefinition, type TransitionsDefinition } from './chart-definition.js';
import { stateNodesOf, targetId, type StateNode } from './state-nodes.js';
import { actorEventLabel, delayLabel, eventLabel, guardLabel, nameOf } from './labels.js';

/** A state machine as plain data, in the order of its definition. */
export interface Chart {
  readonly id: string;
  readonly description: string | null;
  /** The actors that the machine invokes as long as it runs. */
  readonly invokes: readonly string[];
  readonly states: readonly ChartState[];
  /** All transitions; those of a state precede those of its child states. */
  readonly transitions: readonly ChartTransition[];
}

/** One state of a chart. */
export interface ChartState {
  /** For example `plugin.live.spawning`. */
  readonly id: string;
  readonly name: string;
  /** The names of the states from the outermost one to this one. */
  readonly path: readonly string[];
  readonly description: string | null;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Whether this is the initial state of its parent. */
  readonly initial: boolean;
  /** The actors that are invoked as long as the machine is in this state. */
  readonly invokes: readonly string[];
  readonly states: readonly ChartState[];
}

/** One transition of a chart. */
export interface ChartTransition {
  /** The id of the source state; the id of the chart for transitions of the root. */
  readonly from: string;
  /** The id of the target state; `null` for a transition that only runs actions. */
  readonly to: string | null;
  /** An event type, or `after startTimeout`, `always`, `process done`. */
  readonly event: string;
  /** For example `isCurrent and not isWanted`; `null` when there is none. */
  readonly guard: string | null;
  readonly actions: readonly string[];
}

/** The chart of an XState machine. */
export function chartOf(machine: AnyStateMachine): Chart {
  return chartOfDefinition(machine.config as StateDefinition);
}

/** The chart of a machine's definition, where only its JSON is at hand. */
export function chartOfDefinition(definition: StateDefinition): Chart {
  const id = definition.id ?? '(machine)';
  const nodes = stateNodesOf(id, definition);
  const root = nodes[0] as StateNode;
  return {
    id,
    description: definition.description ?? null,
    invokes: invokesOf(definition),
    states: root.children.map(stateOf),
    transitions: nodes.flatMap((node) => transitionsOf(node, nodes)),
  };
}

function stateOf(node: StateNode): ChartState {
  const { id, path, definition, children } = node;
  const name = path.at(-1) ?? id;
  return {
    id,
    name,
    path,
    description: definition.description ?? null,
    type: typeOf(definition),
    initial: initialOf(node.parent?.definition) === name,
    invokes: invokesOf(definition),
    states: children.map(stateOf),
  };
}

function typeOf({ type, states }: StateDefinition): ChartState['type'] {
  if (type === 'parallel' || type === 'final' || type === 'history') return type;
  return Object.keys(states ?? {}).length > 0 ? 'compound' : 'atomic';
}

function initialOf(definition: StateDefinition | undefined): string | null {
  const initial = definition?.initial;
  return (typeof initial === 'object' ? initial.target : initial) ?? null;
}

function invokesOf({ invoke }: StateDefinition): readonly string[] {
  return listOf(invoke).map(({ src }) => nameOf(src));
}

function transitionsOf(node: StateNode, nodes: readonly StateNode[]): ChartTransition[] {
  return eventDefinitionsOf(node.definition).flatMap(({ event, transitions }) =>
    listOf(transitions).flatMap((transitionDefinition): ChartTransition[] => {
      const { target, guard, actions } =
        typeof transitionDefinition === 'string' ? { target: transitionDefinition } : transitionDefinition;
      const transition = {
        from: node.id,
        event,
        guard: guard === undefined ? null : guardLabel(guard),
        actions: listOf(actions).map(nameOf),
      };
      const targets = listOf(target);
      if (targets.length === 0) return [{ ...transition, to: null }];
      return targets.map((name) => ({ ...transition, to: targetId(node, name, nodes) }));
    }),
  );
}

interface EventDefinition {
  readonly event: string;
  readonly transitions: TransitionsDefinition;
}

/** The transitions of a state: eventless, by event, delayed, on completion, and by its invoked actors. */
function eventDefinitionsOf({ always, on, after, onDone, invoke }: StateDefinition): EventDefinition[] {
  return [
    { event: 'always', transitions: always },
    ...Object.entries(on ?? {}).map(([type, transitions]) => ({ event: eventLabel(type), transitions })),
    ...Object.entries(after ?? {}).map(([delay, transitions]) => ({
      event: delayLabel(delay),
      transitions,
    })),
    { event: 'done', transitions: onDone },
    ...listOf(invoke).flatMap(({ src, id, ...transitions }) => {
      const actor = src === undefined ? (id ?? 'inline') : nameOf(src);
      return [
        { event: actorEventLabel('done', actor), transitions: transitions.onDone },
        { event: actorEventLabel('error', actor), transitions: transitions.onError },
        { event: actorEventLabel('snapshot', actor), transitions: transitions.onSnapshot },
      ];
    }),
  ];
}
