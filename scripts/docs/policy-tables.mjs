import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './espalier.mjs';
import { code, table } from './markdown.mjs';

/** The meaning of each number. The script fails if one is missing here, or only exists here. */
const meanings = {
  'restart.restart': 'which exits are followed by a restart: `permanent`, `transient` or `temporary`',
  'restart.retryFailedStart': 'whether a failed start is retried',
  'restart.backoff.firstMs': 'the pause before the first restart of a series',
  'restart.backoff.baseMs': 'the pause before the second one',
  'restart.backoff.factor': 'the factor of each further pause',
  'restart.backoff.capMs': 'the longest pause',
  'restart.backoff.jitter': '`full`: a random part of the pause; `none`: the whole pause',
  'restart.intensity': 'restarts within the period; one more failure gives up; `null`: never gives up',
  'restart.periodMs': 'how long a failure counts; `null`: always',
  'restart.resetAfterMs': 'healthy time after which earlier failures are discarded; `null`: never',
  'restart.halfOpenAfterMs': 'from giving up to the half-open try; `null`: none',
  'health.startIntervalMs': 'during the start: between two probes',
  'health.startDeadlineMs': 'during the start: deadline of one probe',
  'health.intervalMs': 'from a successful probe to the next',
  'health.retryIntervalMs': 'from a missed probe to the next',
  'health.deadlineMs': 'deadline of one probe',
  'health.misses': 'missed probes in a row after which the process is stopped',
  'health.excuses': 'maximum of missed probes in a row that are excused',
  'health.jitter': 'random part by which both intervals vary',
  'health.freshDialEvery': 'every nth probe uses a new connection; `null`: none',
  'health.notServingMs': 'how long NOT_SERVING may last; `null`: no limit',
  'health.watch': 'whether `Health.Watch` is used',
  'deadlines.startMs': 'from spawn to healthy, all phases together',
  'deadlines.drainMs': 'time for calls in flight',
  'deadlines.hookMs': 'deadline of `OnDeactivate`',
  'deadlines.shutdownMs': 'from `GRPCController.Shutdown` to the exit',
  'deadlines.termMs': 'from SIGTERM to the exit',
  'deadlines.killMs': 'from SIGKILL to the exit; then the process is declared lost',
};

/** Every number of every preset. */
export function presetTable({ presets }) {
  const names = Object.keys(presets);
  const columns = names.map((name) => new Map(leaves(presets[name])));
  const paths = [...columns[0].keys()];
  const strays = [
    ...paths.filter((path) => !(path in meanings)),
    ...Object.keys(meanings).filter((path) => !paths.includes(path)),
  ];
  if (strays.length > 0) throw new Error(`${import.meta.filename} must explain exactly these: ${strays}.`);
  const rows = paths.map((path) => [
    code(path),
    ...columns.map((values) => code(JSON.stringify(values.get(path)))),
    meanings[path],
  ]);
  return table([['number', ...names.map(code), 'meaning'], ...rows]);
}

/** Every value in a tree, with its path. */
function leaves(tree, before = '') {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, `${before}${key}.`)
      : [[`${before}${key}`, value]],
  );
}

/** The decision after each failure of a series, up to the first one that gives up. */
export function pauseTable(library) {
  const { presets } = library;
  const names = Object.keys(presets);
  const most = Math.max(...names.map((name) => presets[name].restart.intensity ?? 0)) + 2;
  const rows = Array.from({ length: most }, (_, index) => [
    String(index + 1),
    ...names.map((name) => decisionText(library, presets[name].restart, index + 1)),
  ]);
  return table([['failures that count', ...names.map(code)], ...rows]);
}

function decisionText(library, policy, count) {
  const [least, most] = [0, 1].map((random) =>
    decide(library, { policy, count, random, errorCode: 'PLUGIN_CRASHED' }),
  );
  if (most.decision !== 'restart') return 'given up';
  if (most.delayMs === 0) return 'restarted at once';
  const span = least.delayMs === most.delayMs ? most.delayMs : `${least.delayMs} to ${most.delayMs}`;
  return `restarted after ${span} ms`;
}

/** The codes after which the first failure gives up. */
export function unrecoverableList(library) {
  const policy = library.presets.espalier.restart;
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  return library.pluginErrorCodes
    .filter((errorCode) => decide(library, { policy, count: 1, random: 0, errorCode }).decision === 'giveUp')
    .map((errorCode) => {
      const isReserved = !page.includes(`### ${code(errorCode)}`);
      const anchor = isReserved ? 'reserved' : errorCode.toLowerCase();
      return `- [${code(errorCode)}](errors.md#${anchor})${isReserved ? ' (reserved)' : ''}`;
    })
    .join('\n');
}

/** The decision about a plugin that served and then failed for the nth time. */
function decide({ decideRestart, PluginError }, { policy, count, random, errorCode }) {
  const error = new PluginError({ code: errorCode, message: '' });
  const exit = { kind: 'exit', code: 1, phase: 'serving', error };
  const failures = Array.from({ length: count }, () => 0);
  return decideRestart({ policy, exit, failures, wasHealthy: true, random });
}

/** The longest time until each loss of health is detected, and until a stop is complete, with each preset. */
export function boundsTable({ presets, hangFoundWithinMs, lostSocketFoundWithinMs, stopsWithinMs }) {
  const names = Object.keys(presets);
  const line = (what, bound) => [what, ...names.map((name) => seconds(bound(presets[name])))];
  return table([
    ['longest time until', ...names.map(code)],
    line('a plugin that does not respond is detected', ({ health }) => hangFoundWithinMs(health)),
    line('the same, with the maximum of excuses', ({ health }) => hangFoundWithinMs(health, 'all')),
    line('a lost socket is detected', ({ health }) => lostSocketFoundWithinMs(health)),
    line('a plugin that responds with NOT_SERVING is stopped', ({ health }) => health.notServingMs),
    line('a deactivated plugin is gone, whatever it does', ({ deadlines }) => stopsWithinMs(deadlines)),
  ]);
}

function seconds(ms) {
  if (ms === null) return 'never';
  return ms >= 24 * 60 * 60_000 ? 'never' : `${ms / 1000} s`;
}
