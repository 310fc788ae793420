import type { Chart, ChartState } from './chart.js';
import { edgesOf, allStatesOf, internalLinesOf, transitionLabel, type Edge } from './chart-lines.js';

/**
 * Renders a chart as a Graphviz digraph. A compound state is a cluster with a heading node, as edges can only connect
 * nodes.
 */
export function chartToDot(chart: Chart): string {
  const clusters = new Map(
    allStatesOf(chart.states)
      .filter(({ states }) => states.length > 0)
      .map((state) => [state.id, state]),
  );
  const draw = (state: ChartState): string[] => (state.states.length > 0 ? cluster(state) : [leaf(state)]);
  const leaf = (state: ChartState): string => {
    const lines = [state.name, ...internalLinesOf(chart, state)];
    return `${quote(state.id)} [label=${label(lines)}${state.type === 'final' ? ', peripheries=2' : ''}]`;
  };
  const cluster = (state: ChartState): string[] => [
    `subgraph ${clusterName(state.id)} {`,
    ...indent([
      `style="rounded${state.type === 'parallel' ? ',dashed' : ''}"`,
      heading(state.id, [state.name, ...internalLinesOf(chart, state)]),
      ...state.states.flatMap(draw),
      ...initialEdges(state.id, state.states),
    ]),
    '}',
  ];
  const edge = (transition: Edge): string => {
    const [from, to] = [clusters.get(transition.from), clusters.get(transition.to)];
    const ends = [
      ...(from !== undefined && !containsState(from, transition.to) ? [`ltail=${clusterName(from.id)}`] : []),
      ...(to !== undefined && !containsState(to, transition.from) ? [`lhead=${clusterName(to.id)}`] : []),
    ];
    return `${quote(transition.from)} -> ${quote(transition.to)} [${[`label=${quote(transitionLabel(transition))}`, ...ends].join(', ')}]`;
  };
  return [
    `digraph ${quote(chart.id)} {`,
    ...indent([
      'compound=true',
      'node [shape=box, style=rounded, fontname="sans-serif", fontsize=11]',
      'edge [fontname="sans-serif", fontsize=9]',
      heading(chart.id, [chart.id, ...internalLinesOf(chart, chart)]),
      ...chart.states.flatMap(draw),
      ...initialEdges(chart.id, chart.states),
      ...edgesOf(chart).map(edge),
    ]),
    '}',
    '',
  ].join('\n');
}

function heading(id: string, lines: readonly string[]): string {
  return `${quote(id)} [shape=plaintext, label=${label(lines)}]`;
}

function initialEdges(id: string, states: readonly ChartState[]): string[] {
  return states
    .filter(({ initial }) => initial)
    .map((state) => `${quote(id)} -> ${quote(state.id)} [style=dotted, arrowhead=dot]`);
}

function containsState(state: ChartState, id: string): boolean {
  return state.id === id || state.states.some((inner) => containsState(inner, id));
}

function clusterName(id: string): string {
  return quote(`cluster ${id}`);
}

function label(lines: readonly string[]): string {
  return quote(lines.join('\n'));
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
