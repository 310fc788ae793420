import { chartToDot } from './render-dot.js';
import { chartToJson } from './render-json.js';
import { chartToMermaid } from './render-mermaid.js';
import type { Chart } from './chart.js';

export const chartFormats = ['mermaid', 'dot', 'json'] as const;

export type ChartFormat = (typeof chartFormats)[number];

const renderers: Readonly<Record<ChartFormat, (chart: Chart) => string>> = {
  mermaid: chartToMermaid,
  dot: chartToDot,
  json: chartToJson,
};

/** A chart as text that ends with a line end. */
export function renderChart(chart: Chart, format: ChartFormat): string {
  return renderers[format](chart);
}
