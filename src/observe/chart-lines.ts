import type { Chart, ChartState, ChartTransition } from './chart.js';

/** What stands on an arrow: `event [guard]`. */
export function labelOf({ event, guard }: ChartTransition): string {
  return guard === null ? event : `${event} [${guard}]`;
}

/** What a state does without being left: the actors it runs, and the events it only acts on. */
export function innerLinesOf(chart: Chart, state: Pick<ChartState, 'id' | 'invokes'>): readonly string[] {
  const acting = chart.transitions.filter(({ from, to }) => from === state.id && to === null);
  return [...state.invokes.map((actor) => `runs ${actor}`), ...acting.map(actingLine)];
}

function actingLine(transition: ChartTransition): string {
  const { actions } = transition;
  return actions.length === 0
    ? `${labelOf(transition)} is ignored`
    : `${labelOf(transition)} / ${actions.join(', ')}`;
}

/** A transition that leads somewhere. */
export type Arrow = ChartTransition & { readonly to: string };

export function arrowsOf({ transitions }: Chart): readonly Arrow[] {
  return transitions.filter((transition): transition is Arrow => transition.to !== null);
}

/** Every state, parents before their children. */
export function flatStatesOf(states: readonly ChartState[]): readonly ChartState[] {
  return states.flatMap((state) => [state, ...flatStatesOf(state.states)]);
}
