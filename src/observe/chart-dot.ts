import type { Chart, ChartState } from './chart.js';
import { arrowsOf, flatStatesOf, innerLinesOf, labelOf, type Arrow } from './chart-lines.js';

/**
 * A chart as a Graphviz digraph. A state with states in it is a cluster, with a heading node that stands for the
 * whole of it, as an edge can only join nodes.
 */
export function chartToDot(chart: Chart): string {
  const clusters = new Map(
    flatStatesOf(chart.states)
      .filter(({ states }) => states.length > 0)
      .map((state) => [state.id, state]),
  );
  const draw = (state: ChartState): string[] => (state.states.length > 0 ? cluster(state) : [leaf(state)]);
  const leaf = (state: ChartState): string => {
    const lines = [state.name, ...innerLinesOf(chart, state)];
    return `${quoted(state.id)} [label=${label(lines)}${state.type === 'final' ? ', peripheries=2' : ''}]`;
  };
  const cluster = (state: ChartState): string[] => [
    `subgraph ${clusterName(state.id)} {`,
    ...indented([
      `style="rounded${state.type === 'parallel' ? ',dashed' : ''}"`,
      heading(state.id, [state.name, ...innerLinesOf(chart, state)]),
      ...state.states.flatMap(draw),
      ...beginnings(state.id, state.states),
    ]),
    '}',
  ];
  const edge = (arrow: Arrow): string => {
    const [from, to] = [clusters.get(arrow.from), clusters.get(arrow.to)];
    const ends = [
      ...(from !== undefined && !holds(from, arrow.to) ? [`ltail=${clusterName(from.id)}`] : []),
      ...(to !== undefined && !holds(to, arrow.from) ? [`lhead=${clusterName(to.id)}`] : []),
    ];
    return `${quoted(arrow.from)} -> ${quoted(arrow.to)} [${[`label=${quoted(labelOf(arrow))}`, ...ends].join(', ')}]`;
  };
  return [
    `digraph ${quoted(chart.id)} {`,
    ...indented([
      'compound=true',
      'node [shape=box, style=rounded, fontname="sans-serif", fontsize=11]',
      'edge [fontname="sans-serif", fontsize=9]',
      heading(chart.id, [chart.id, ...innerLinesOf(chart, chart)]),
      ...chart.states.flatMap(draw),
      ...beginnings(chart.id, chart.states),
      ...arrowsOf(chart).map(edge),
    ]),
    '}',
    '',
  ].join('\n');
}

function heading(id: string, lines: readonly string[]): string {
  return `${quoted(id)} [shape=plaintext, label=${label(lines)}]`;
}

function beginnings(id: string, states: readonly ChartState[]): string[] {
  return states
    .filter(({ initial }) => initial)
    .map((state) => `${quoted(id)} -> ${quoted(state.id)} [style=dotted, arrowhead=dot]`);
}

function holds(state: ChartState, id: string): boolean {
  return state.id === id || state.states.some((inner) => holds(inner, id));
}

function clusterName(id: string): string {
  return quoted(`cluster ${id}`);
}

function label(lines: readonly string[]): string {
  return quoted(lines.join('\n'));
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
