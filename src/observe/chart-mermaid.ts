import type { Chart, ChartState } from './chart.js';
import { arrowsOf, flatStatesOf, innerLinesOf, labelOf } from './chart-lines.js';

/** A chart as a mermaid `stateDiagram-v2`. */
export function chartToMermaid(chart: Chart): string {
  const names = mermaidNames(chart);
  const idOf = (id: string): string => names.get(id) ?? mermaidName(id);
  const box = (state: Box): string[] => [
    `state "${escaped(state.name)}" as ${idOf(state.id)} {`,
    ...indented(boxContent(state)),
    '}',
  ];
  const boxContent = ({ states, type }: Box): string[] => [
    ...states.filter(({ initial }) => initial).map(({ id }) => `[*] --> ${idOf(id)}`),
    ...states.flatMap((state, index) => [
      ...(type === 'parallel' && index > 0 ? ['--'] : []),
      ...(state.states.length > 0 ? box(state) : leaf(state)),
    ]),
  ];
  const leaf = (state: ChartState): string[] => [
    `state "${escaped(state.name)}" as ${idOf(state.id)}`,
    ...innerLinesOf(chart, state).map((line) => `${idOf(state.id)} : ${escaped(line)}`),
    ...(state.type === 'final' ? [`${idOf(state.id)} --> [*]`] : []),
  ];

  const root: Box = { ...chart, name: chart.id, type: 'compound' };
  const isBoxed = chart.transitions.some(({ from, to }) => from === chart.id || to === chart.id);
  // An arrow declared inside a box would pull the states it names into that box: all arrows come last, outside.
  const arrows = arrowsOf(chart).map(
    (arrow) => `${idOf(arrow.from)} --> ${idOf(arrow.to)} : ${escaped(labelOf(arrow))}`,
  );
  const boxes = [
    ...(isBoxed ? [root] : []),
    ...flatStatesOf(chart.states).filter(({ states }) => states.length > 0),
  ];
  const notes = boxes.flatMap((state) => note(idOf(state.id), innerLinesOf(chart, state)));
  return [
    'stateDiagram-v2',
    ...indented([...(isBoxed ? box(root) : boxContent(root)), ...arrows, ...notes]),
    '',
  ].join('\n');
}

type Box = Pick<ChartState, 'id' | 'name' | 'type' | 'invokes' | 'states'>;

function note(id: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`note right of ${id}`, ...indented(lines.map(escaped)), 'end note'];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** The names stand for ids, which may hold what mermaid gives a meaning to; two ids never share one. */
function mermaidNames(chart: Chart): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const id of [chart.id, ...flatStatesOf(chart.states).map((state) => state.id)]) {
    let name = mermaidName(id);
    while (claimsOf(name).some((claim) => taken.has(claim))) name += '_';
    for (const claim of claimsOf(name)) taken.add(claim);
    names.set(id, name);
  }
  return names;
}

/** Mermaid names the `[*]` of a box after the box. */
function claimsOf(name: string): readonly string[] {
  return [name, `${name}_start`, `${name}_end`];
}

/** Begins with `s_`, so that it never is one of mermaid's own words, such as `end` or `state`. */
function mermaidName(id: string): string {
  return `s_${id.replace(/[^a-zA-Z0-9]/g, '_')}`;
}

/** Text with the characters that mermaid would read as syntax written as their entities. */
function escaped(text: string): string {
  return text
    .replace(/[#;:"<>%{}\\]/g, (character) => `#${character.charCodeAt(0)};`)
    .replace(/\s+/g, ' ')
    .trim();
}
