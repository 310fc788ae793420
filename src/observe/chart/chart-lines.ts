import type { Chart, ChartState, ChartTransition } from './chart.js';

/** What stands on an arrow: `event [guard]`. */
export function transitionLabel({ event, guard }: ChartTransition): string {
  return guard === null ? event : `${event} [${guard}]`;
}

/** What a state does without being left: the actors it runs, and the events it only acts on. */
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

/** A transition that leads somewhere. */
export type Edge = ChartTransition & { readonly to: string };

export function edgesOf({ transitions }: Chart): readonly Edge[] {
  return transitions.filter((transition): transition is Edge => transition.to !== null);
}

/** Every state, parents before their children. */
export function allStatesOf(states: readonly ChartState[]): readonly ChartState[] {
  return states.flatMap((state) => [state, ...allStatesOf(state.states)]);
}
