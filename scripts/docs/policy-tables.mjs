import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './espalier.mjs';
import { code, table } from './markdown.mjs';

/** What each number means. The script fails when this table and the presets differ. */
const meanings = {
  'restart.restart': 'when it is restarted: `permanent`, `transient` or `temporary`',
  'restart.retryFailedStart': 'whether a failed start is retried',
  'restart.backoff.firstMs': 'the delay before the first restart of a series',
  'restart.backoff.baseMs': 'the delay before the second restart',
  'restart.backoff.factor': 'the factor of each further delay',
  'restart.backoff.capMs': 'the longest delay',
  'restart.backoff.jitter': '`full`: a random part of the delay; `none`: all of it',
  'restart.intensity': 'most restarts within the period; one more failure gives up; `null`: no limit',
  'restart.periodMs': 'how long a failure counts; `null`: forever',
  'restart.resetAfterMs': 'how long it must be healthy until failures are forgotten; `null`: never',
  'restart.halfOpenAfterMs': 'from giving up to the next start; `null`: no next start',
  'health.startIntervalMs': 'during the start: from one probe to the next',
  'health.startDeadlineMs': 'during the start: the deadline of a probe',
  'health.intervalMs': 'from a passed probe to the next',
  'health.retryIntervalMs': 'from a missed probe to the next',
  'health.deadlineMs': 'the deadline of a probe',
  'health.misses': 'missed probes in a row until it is killed',
  'health.excuses': 'most missed probes in a row that are excused',
  'health.jitter': 'the random part of both intervals, longer or shorter',
  'health.freshDialEvery': 'every nth probe opens a new connection; `null`: none',
  'health.notServingMs': 'how long it may report NOT_SERVING; `null`: forever',
  'health.busyMs': 'how long probes may be unanswered while calls are in flight',
  'health.requireService': 'whether a health service that knows `plugin` is required',
  'health.watch': 'whether `Health.Watch` is used',
  'deadlines.startMs': 'from spawn to healthy, all steps together',
  'deadlines.drainMs': 'how long calls in flight may take',
  'deadlines.hookMs': 'how long `OnDeactivate` may take',
  'deadlines.shutdownMs': 'from `GRPCController.Shutdown` to the exit',
  'deadlines.termMs': 'from SIGTERM to the exit',
  'deadlines.killMs': 'from SIGKILL to the exit; then the process is declared lost',
};

/** The table of all numbers of all presets. */
export function presetTable({ presets }) {
  const names = Object.keys(presets);
  const columns = names.map((name) => new Map(leaves(presets[name])));
  const paths = [...columns[0].keys()];
  const strays = [
    ...paths.filter((path) => !(path in meanings)),
    ...Object.keys(meanings).filter((path) => !paths.includes(path)),
  ];
  if (strays.length > 0) throw new Error(`${import.meta.filename} should explain exactly: ${strays}.`);
  const rows = paths.map((path) => [
    code(path),
    ...columns.map((values) => code(JSON.stringify(values.get(path)))),
    meanings[path],
  ]);
  return table([['number', ...names.map(code), 'meaning'], ...rows]);
}

/** All values of an object, with their paths. */
function leaves(tree, before = '') {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, `${before}${key}.`)
      : [[`${before}${key}`, value]],
  );
}

/** What follows each failure of a series, up to the last one. */
export function pauseTable(library) {
  const { presets } = library;
  const names = Object.keys(presets);
  const most = Math.max(...names.map((name) => presets[name].restart.intensity ?? 0)) + 2;
  const rows = Array.from({ length: most }, (_, index) => [
    String(index + 1),
    ...names.map((name) => whatFollows(library, presets[name].restart, index + 1)),
  ]);
  return table([['failures that count', ...names.map(code)], ...rows]);
}

function whatFollows(library, policy, count) {
  const [least, most] = [0, 1].map((random) =>
    decide(library, { policy, count, random, errorCode: 'PLUGIN_CRASHED' }),
  );
  if (most.decision !== 'restart') return 'given up';
  if (most.delayMs === 0) return 'restarted at once';
  const span = least.delayMs === most.delayMs ? most.delayMs : `${least.delayMs} to ${most.delayMs}`;
  return `restarted after ${span} ms`;
}

/** The error codes of failures that are never retried. */
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

/** The restart decision for the nth failure of a plugin that served. */
function decide({ decideRestart, PluginError }, { policy, count, random, errorCode }) {
  const error = new PluginError({ code: errorCode, message: '' });
  const exit = { kind: 'exit', code: 1, phase: 'serving', error };
  const failures = Array.from({ length: count }, () => 0);
  return decideRestart({ policy, exit, failures, wasHealthy: true, random });
}

/** Upper bounds under each preset: when a health fault is found, and when a deactivated plugin is gone. */
export function boundsTable({ presets, hangFoundWithinMs, lostSocketFoundWithinMs, stopsWithinMs }) {
  const names = Object.keys(presets);
  const line = (what, bound) => [what, ...names.map((name) => seconds(bound(presets[name])))];
  return table([
    ['within which time', ...names.map(code)],
    line('a plugin that does not answer is found', ({ health }) => hangFoundWithinMs(health)),
    line('the same, with the most excuses', ({ health }) => hangFoundWithinMs(health, 'all')),
    line('a plugin that accepts no connections is found', ({ health }) => lostSocketFoundWithinMs(health)),
    line('a plugin that reports NOT_SERVING is stopped', ({ health }) => health.notServingMs),
    line('a deactivated plugin is gone, whatever it does', ({ deadlines }) => stopsWithinMs(deadlines)),
  ]);
}

function seconds(ms) {
  if (ms === null) return 'never';
  return ms >= 24 * 60 * 60_000 ? 'never' : `${ms / 1000} s`;
}
