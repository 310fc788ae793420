import type { Chart, ChartState, ChartTransition } from '../../chart/chart.js';
import { pathsOf, type StateValue } from './state-labels.js';

/** The active states of a machine, outermost first. */
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

/** The transitions that are enabled in the active states, innermost first: XState's order of selection. */
export function transitionsFrom(chart: Chart, active: readonly ChartState[]): readonly ChartTransition[] {
  const ids = [...active.map(({ id }) => id).reverse(), chart.id];
  return ids.flatMap((id) => chart.transitions.filter(({ from }) => from === id));
}

/** The id of a state without the prefix of its machine. */
export function shortId(chart: Chart, id: string): string {
  return id.startsWith(`${chart.id}.`) ? id.slice(chart.id.length + 1) : id;
}
