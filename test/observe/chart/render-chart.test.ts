import { createMachine } from 'xstate';
import { createPluginMachine } from '../../../src/machines/index.js';
import { chartOf, renderChart, type ChartState } from '../../../src/observe/index.js';
import { createEffectSimulator } from '../../../src/testing/index.js';

const kettle = chartOf(
  createMachine({
    id: 'kettle',
    initial: 'cold',
    states: {
      cold: { on: { 'kettle.fill': { actions: 'pour' }, 'kettle.on': { guard: 'isFull', target: 'on' } } },
      on: {
        invoke: { src: 'heater' },
        initial: 'warming',
        on: { 'kettle.lift': 'cold' },
        states: { warming: { after: { patience: 'boiling' } }, boiling: { type: 'final' } },
      },
    },
  }),
);

const plugin = chartOf(createPluginMachine(createEffectSimulator({ now: () => 0 }).effects));

describe('a chart as mermaid', () => {
  it('has nested states, then labelled edges, then notes of actions', () => {
    expect(renderChart(kettle, 'mermaid')).toBe(
      `stateDiagram-v2
  [*] --> s_kettle_cold
  state "cold" as s_kettle_cold
  s_kettle_cold : kettle.fill / pour
  state "on" as s_kettle_on {
    [*] --> s_kettle_on_warming
    state "warming" as s_kettle_on_warming
    state "boiling" as s_kettle_on_boiling
    s_kettle_on_boiling --> [*]
  }
  s_kettle_cold --> s_kettle_on : kettle.on [isFull]
  s_kettle_on --> s_kettle_cold : kettle.lift
  s_kettle_on_warming --> s_kettle_on_boiling : after patience
  note right of s_kettle_on
    runs heater
  end note
`,
    );
  });

  it('has every state and every transition of the plugin machine', () => {
    const lines = linesOf(renderChart(plugin, 'mermaid'));
    const states = flat(plugin.states).map(
      ({ id, name, states: inner }) => `state "${name}" as ${named(id)}${inner.length > 0 ? ' {' : ''}`,
    );
    const boxes = new Set(
      flat(plugin.states)
        .filter((state) => state.states.length > 0)
        .map(({ id }) => id),
    );
    const transitions = plugin.transitions.map(({ from, to, event, guard, actions }) => {
      const label = guard === null ? event : `${event} [${guard}]`;
      if (to !== null) return `${named(from)} --> ${named(to)} : ${label}`;
      return `${boxes.has(from) ? '' : `${named(from)} : `}${label} / ${actions.join(', ')}`;
    });
    expect(lines).toEqual(expect.arrayContaining([...states, ...transitions]));
  });

  it('has a composite state for a machine with root transitions', () => {
    const chart = chartOf(
      createMachine({ id: 'm', on: { ping: { actions: 'pong' } }, initial: 'a', states: { a: {} } }),
    );
    expect(renderChart(chart, 'mermaid')).toBe(
      `stateDiagram-v2
  state "m" as s_m {
    [*] --> s_m_a
    state "a" as s_m_a
  }
  note right of s_m
    ping / pong
  end note
`,
    );
  });

  it('separates the regions of a parallel state', () => {
    const region = { initial: 'x', states: { x: {} } };
    const chart = chartOf(
      createMachine({
        id: 'm',
        initial: 'p',
        states: { p: { type: 'parallel', states: { a: region, b: region } } },
      }),
    );
    expect(renderChart(chart, 'mermaid').match(/^ +--$/gm)).toHaveLength(1);
  });

  it('escapes mermaid syntax, and gives each state a unique name', () => {
    const chart = chartOf(
      createMachine({
        id: 'm',
        initial: 'end',
        states: { end: { on: { 'a:b;"c" <d> %%{e}\n#': 'x-y' } }, 'x-y': { on: { go: 'x_y' } }, x_y: {} },
      }),
    );
    expect(renderChart(chart, 'mermaid')).toBe(
      `stateDiagram-v2
  [*] --> s_m_end_
  state "end" as s_m_end_
  state "x-y" as s_m_x_y
  state "x_y" as s_m_x_y_
  s_m_end_ --> s_m_x_y : a#58;b#59;#34;c#34; #60;d#62; #37;#37;#123;e#125; #35;
  s_m_x_y --> s_m_x_y_ : go
`,
    );
  });
});

describe('a chart as DOT', () => {
  it('has clusters with heading nodes, and edges that end at the clusters', () => {
    expect(renderChart(kettle, 'dot')).toBe(
      `digraph "kettle" {
  compound=true
  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11]
  edge [fontname="sans-serif", fontsize=9]
  "kettle" [shape=plaintext, label="kettle"]
  "kettle.cold" [label="cold\\nkettle.fill / pour"]
  subgraph "cluster kettle.on" {
    style="rounded"
    "kettle.on" [shape=plaintext, label="on\\nruns heater"]
    "kettle.on.warming" [label="warming"]
    "kettle.on.boiling" [label="boiling", peripheries=2]
    "kettle.on" -> "kettle.on.warming" [style=dotted, arrowhead=dot]
  }
  "kettle" -> "kettle.cold" [style=dotted, arrowhead=dot]
  "kettle.cold" -> "kettle.on" [label="kettle.on [isFull]", lhead="cluster kettle.on"]
  "kettle.on" -> "kettle.cold" [label="kettle.lift", ltail="cluster kettle.on"]
  "kettle.on.warming" -> "kettle.on.boiling" [label="after patience"]
}
`,
    );
  });

  it('has every state and every transition of the plugin machine, in balanced braces', () => {
    const dot = renderChart(plugin, 'dot');
    const edges = plugin.transitions.flatMap(({ from, to, event, guard }) =>
      to === null ? [] : [`"${from}" -> "${to}" [label="${guard === null ? event : `${event} [${guard}]`}"`],
    );
    const nodes = flat(plugin.states).map(({ id }) => `"${id}" [`);
    const inner = plugin.transitions.flatMap(({ to, event, guard, actions }) =>
      to === null ? [`\\n${guard === null ? event : `${event} [${guard}]`} / ${actions.join(', ')}`] : [],
    );
    expect([...nodes, ...edges, ...inner].filter((part) => !dot.includes(part))).toEqual([]);
    expect(dot.match(/\{$/gm)).toHaveLength(dot.match(/^ *\}$/gm)?.length ?? -1);
  });

  it('escapes quotes and backslashes', () => {
    const chart = chartOf(
      createMachine({ id: 'm', initial: 'a', states: { a: { on: { 'say "\\"': 'b' } }, b: {} } }),
    );
    expect(renderChart(chart, 'dot')).toContain('"m.a" -> "m.b" [label="say \\"\\\\\\""]');
  });
});

describe('a chart as JSON', () => {
  it('is the chart', () => {
    expect(JSON.parse(renderChart(plugin, 'json'))).toEqual(plugin);
  });
});

function flat(states: readonly ChartState[]): ChartState[] {
  return states.flatMap((state) => [state, ...flat(state.states)]);
}

function named(id: string): string {
  return `s_${id.replaceAll('.', '_')}`;
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.trim());
}
