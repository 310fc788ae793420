import type { Chart, ChartState, ChartTransition } from '../../chart/chart.js';
import { pathsOf, type StateValue } from './state-labels.js';

/** The states that a machine is in, outermost first. */
export function activeStates(chart: Chart, value: StateValue | undefined): readonly ChartState[] {
  const active = new Map<string, ChartState>();
  for (const path of pathsOf(value)) {
    let states = chart.states;
    for (const name of path) {
      const state = states.find((candidate) => candidate.name === name);
      if (state === undefined) break;
      active.set(state.id, state);
      states = state.states;
    }
  }
  return [...active.values()];
}

/** What can happen to a machine in the given states, the innermost state's own first, as XState asks them. */
export function transitionsFrom(chart: Chart, active: readonly ChartState[]): readonly ChartTransition[] {
  const ids = [...active.map(({ id }) => id).reverse(), chart.id];
  return ids.flatMap((id) => chart.transitions.filter(({ from }) => from === id));
}

/** A state's id without the machine's. */
export function shortId(chart: Chart, id: string): string {
  return id.startsWith(`${chart.id}.`) ? id.slice(chart.id.length + 1) : id;
}
