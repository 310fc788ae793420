import { chartToDot } from './render-dot.js';
import { chartToMermaid } from './render-mermaid.js';
import type { Chart } from './chart.js';

/** The formats of `renderChart`. */
export const chartFormats = ['mermaid', 'dot', 'json'] as const;

/** A format of `renderChart`: mermaid `stateDiagram-v2`, Graphviz DOT, or JSON. */
export type ChartFormat = (typeof chartFormats)[number];

const renderers: Readonly<Record<ChartFormat, (chart: Chart) => string>> = {
  mermaid: chartToMermaid,
  dot: chartToDot,
  json: (chart) => `${JSON.stringify(chart, null, 2)}\n`,
};

/** Renders a chart as text that ends with a newline. */
export function renderChart(chart: Chart, format: ChartFormat): string {
  return renderers[format](chart);
}
