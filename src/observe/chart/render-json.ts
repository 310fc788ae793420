import type { Chart } from './chart.js';

/** A chart as JSON, for programs. */
export function chartToJson(chart: Chart): string {
  return `${JSON.stringify(chart, null, 2)}\n`;
}
