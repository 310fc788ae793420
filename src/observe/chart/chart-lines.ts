import type { Chart, ChartState, ChartTransition } from './chart.js';

/** The label of a transition: `event [guard]`. */
export function transitionLabel({ event, guard }: ChartTransition): string {
  return guard === null ? event : `${event} [${guard}]`;
}

/** The lines inside a state: its invoked actors and its transitions without a target. */
export function internalLinesOf(chart: Chart, state: Pick<ChartState, 'id' | 'invokes'>): readonly string[] {
  const internal = chart.transitions.filter(({ from, to }) => from === state.id && to === null);
  return [...state.invokes.map((actor) => `runs ${actor}`), ...internal.map(internalTransitionLine)];
}

function internalTransitionLine(transition: ChartTransition): string {
  const { actions } = transition;
  return actions.length === 0
    ? `${transitionLabel(transition)} is ignored`
    : `${transitionLabel(transition)} / ${actions.join(', ')}`;
}

/** A transition with a target. */
export type Edge = ChartTransition & { readonly to: string };

/** The transitions of a chart that have a target. */
export function edgesOf({ transitions }: Chart): readonly Edge[] {
  return transitions.filter((transition): transition is Edge => transition.to !== null);
}

/** All states, parents before their children. */
export function allStatesOf(states: readonly ChartState[]): readonly ChartState[] {
  return states.flatMap((state) => [state, ...allStatesOf(state.states)]);
}
