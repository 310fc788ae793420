import { printableText, type PluginStatus } from '../../model/index.js';
import { stateColour, type Colours } from './colours.js';
import { statusDetail } from './event-line.js';

const headings = ['PLUGIN', 'STATE', 'GEN', 'PID', 'UP', 'RESTARTS', 'PROBE', ''];

/** The table of all plugins, one line each, cut at the width of the terminal. */
export function statusTable(
  statuses: readonly PluginStatus[],
  view: { readonly now: number; readonly columns: number; readonly colours: Colours },
): string[] {
  const rows = statuses.map((status) => cells(status, view.now));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
      .slice(0, view.columns - 1);
  return [
    view.colours.bold(line(headings)),
    ...statuses.map((status, index) => {
      const text = line(rows[index] ?? []);
      return text.replace(status.state, (word) => stateColour(view.colours, status.state)(word));
    }),
  ];
}

function cells(status: PluginStatus, now: number): string[] {
  const { id, state, generation, pid, since, restarts, health } = status;
  return [
    printableText(id),
    stateCell(status),
    String(generation),
    pid === null ? '-' : String(pid),
    state === 'healthy' ? uptimeText(now - since) : '-',
    String(restarts),
    health.lastMs === null ? '-' : `${health.lastMs} ms`,
    state === 'healthy' || state === 'spawning' ? '' : statusDetail(status).trim(),
  ];
}

function stateCell({ state, phase, ready }: PluginStatus): string {
  if (state === 'handshaking') return `${state}:${phase ?? ''}`;
  return state === 'healthy' && !ready ? `${state}:unready` : state;
}

/** A duration in its two largest units, from seconds to hours. */
function uptimeText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${seconds % 60}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
