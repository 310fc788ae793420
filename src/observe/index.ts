export { chartOf, type Chart, type ChartState, type ChartTransition } from './chart/chart.js';
export { chartFormats, renderChart, type ChartFormat } from './chart/render-chart.js';
export { startInspector, type Inspector, type InspectorOptions } from './inspector/start-inspector.js';
