import type { PolicyWarning, Simulation, SimulationStep } from '../../policy/index.js';
import type { Colours } from './colours.js';

/** The maximum number of processes to print, the last one included. */
const maxLines = 40;

/** A simulation as text: a line for each process, a summary, and the warnings about the policy. */
export function simulationText(
  simulation: Simulation,
  warnings: readonly PolicyWarning[],
  colours: Colours,
): string {
  const lines = processLines(simulation.timeline).map((parts) => parts.join('  '));
  const omitted = lines.length - maxLines;
  const printed =
    omitted <= 0
      ? lines
      : [
          ...lines.slice(0, maxLines - 1),
          colours.dim(`… ${omitted} more; --json has all`),
          ...lines.slice(-1),
        ];
  return [
    ...printed,
    '',
    ...summary(simulation, colours),
    ...warnings.map(({ message, hint }) => `${colours.warning('warning')}: ${message} ${hint}`),
  ].join('\n');
}

/** One line for each process: its start, its exit and the decision that followed. */
function processLines(timeline: readonly SimulationStep[]): string[][] {
  const lines: string[][] = [];
  for (const step of timeline) {
    if (step.type === 'started') {
      const kind = step.halfOpen ? 'half-open try' : 'started';
      lines.push([clock(step.at), `generation ${lines.length + 1}`, kind]);
    } else {
      lines.at(-1)?.push(stepText(step));
    }
  }
  return lines;
}

function stepText(step: Exclude<SimulationStep, { type: 'started' }>): string {
  switch (step.type) {
    case 'healthy':
      return 'healthy';
    case 'ended':
      return `${clock(step.at)} ${exitText(step.exit)}`;
    case 'restart':
      return step.delayMs === 0 ? 'restart at once' : `restart after ${durationText(step.delayMs)}`;
    case 'stop':
      return 'stays stopped';
    case 'giveUp':
      return step.retryAt === null
        ? `gave up (${step.reason})`
        : `gave up (${step.reason}), half-open try at ${clock(step.retryAt)}`;
  }
}

function exitText({ kind, code, error }: Extract<SimulationStep, { type: 'ended' }>['exit']): string {
  if (kind === 'exit') return `exited with ${code ?? '?'}`;
  return kind === 'handshake' ? `failed to start (${error?.code ?? '?'})` : `ended by ${kind}`;
}

function summary(simulation: Simulation, { bold }: Colours): string[] {
  const { forMs, restarts, halfOpenTries, gaveUpAt, outageMs, longestOutageMs, cutShort } = simulation;
  const rows = [
    ['simulated', cutShort ? `${durationText(forMs)}, cut short: too many processes` : durationText(forMs)],
    ['restarts', halfOpenTries === 0 ? `${restarts}` : `${restarts}, and ${halfOpenTries} half-open tries`],
    ['gave up', gaveUpAt === null ? 'never' : `at ${clock(gaveUpAt)}`],
    ['outage', `${durationText(outageMs)} (${percent(outageMs, forMs)})`],
    ['longest outage', durationText(longestOutageMs)],
  ];
  return rows.map(([name = '', value = '']) => `${bold(name.padEnd(14))}  ${value}`);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Number(((100 * part) / whole).toFixed(2))} %`;
}

/** A time as hours:minutes:seconds.milliseconds. */
function clock(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const seconds = ms / 1000;
  const millis = String(Math.floor(ms % 1000)).padStart(3, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}.${millis}`;
}

/** A duration in its largest whole unit. */
function durationText(ms: number): string {
  const units = [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  const [unit, size] = units.find(([, length]) => ms >= length) ?? ['ms', 1];
  return `${Number((ms / size).toFixed(2))} ${unit}`;
}
