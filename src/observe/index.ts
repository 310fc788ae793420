export { chartOf, type Chart, type ChartState, type ChartTransition } from './chart.js';
export { chartFormats, renderChart, type ChartFormat } from './render-chart.js';
export { startInspector, type Inspector, type InspectorOptions } from './inspector.js';
