import type { Chart, ChartState } from './chart.js';
import { edgesOf, allStatesOf, internalLinesOf, transitionLabel } from './chart-lines.js';

/** Renders a chart as a mermaid `stateDiagram-v2`. */
export function chartToMermaid(chart: Chart): string {
  const names = mermaidNames(chart);
  const idOf = (id: string): string => names.get(id) ?? mermaidName(id);
  const composite = (state: CompositeState): string[] => [
    `state "${escapeText(state.name)}" as ${idOf(state.id)} {`,
    ...indent(compositeContent(state)),
    '}',
  ];
  const compositeContent = ({ states, type }: CompositeState): string[] => [
    ...states.filter(({ initial }) => initial).map(({ id }) => `[*] --> ${idOf(id)}`),
    ...states.flatMap((state, index) => [
      ...(type === 'parallel' && index > 0 ? ['--'] : []),
      ...(state.states.length > 0 ? composite(state) : leaf(state)),
    ]),
  ];
  const leaf = (state: ChartState): string[] => [
    `state "${escapeText(state.name)}" as ${idOf(state.id)}`,
    ...internalLinesOf(chart, state).map((line) => `${idOf(state.id)} : ${escapeText(line)}`),
    ...(state.type === 'final' ? [`${idOf(state.id)} --> [*]`] : []),
  ];

  const root: CompositeState = { ...chart, name: chart.id, type: 'compound' };
  const isWrapped = chart.transitions.some(({ from, to }) => from === chart.id || to === chart.id);
  // Mermaid moves the states of an edge into the composite state that declares it: edges are declared at the end.
  const edges = edgesOf(chart).map(
    (edge) => `${idOf(edge.from)} --> ${idOf(edge.to)} : ${escapeText(transitionLabel(edge))}`,
  );
  const composites = [
    ...(isWrapped ? [root] : []),
    ...allStatesOf(chart.states).filter(({ states }) => states.length > 0),
  ];
  const notes = composites.flatMap((state) => note(idOf(state.id), internalLinesOf(chart, state)));
  return [
    'stateDiagram-v2',
    ...indent([...(isWrapped ? composite(root) : compositeContent(root)), ...edges, ...notes]),
    '',
  ].join('\n');
}

type CompositeState = Pick<ChartState, 'id' | 'name' | 'type' | 'invokes' | 'states'>;

function note(id: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`note right of ${id}`, ...indent(lines.map(escapeText)), 'end note'];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** Unique mermaid names for state ids, which may contain characters of mermaid's syntax. */
function mermaidNames(chart: Chart): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const id of [chart.id, ...allStatesOf(chart.states).map((state) => state.id)]) {
    let name = mermaidName(id);
    while (reservedNamesOf(name).some((reserved) => taken.has(reserved))) name += '_';
    for (const reserved of reservedNamesOf(name)) taken.add(reserved);
    names.set(id, name);
  }
  return names;
}

/** Mermaid names the `[*]` states of a composite state after it. */
function reservedNamesOf(name: string): readonly string[] {
  return [name, `${name}_start`, `${name}_end`];
}

/** The prefix `s_` avoids mermaid's keywords, such as `end` or `state`. */
function mermaidName(id: string): string {
  return `s_${id.replace(/[^a-zA-Z0-9]/g, '_')}`;
}

/** Escapes characters of mermaid's syntax as entities. */
function escapeText(text: string): string {
  return text
    .replace(/[#;:"<>%{}\\]/g, (character) => `#${character.charCodeAt(0)};`)
    .replace(/\s+/g, ' ')
    .trim();
}
