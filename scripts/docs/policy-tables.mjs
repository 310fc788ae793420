import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './espalier.mjs';
import { code, table } from './markdown.mjs';

/** What each number means. One that is missing here, or is here only, stops the script. */
const meanings = {
  'restart.restart': 'when it is restarted: `permanent`, `transient` or `temporary`',
  'restart.retryFailedStart': 'whether a start that failed is tried again',
  'restart.backoff.firstMs': 'the pause before the first restart of a series',
  'restart.backoff.baseMs': 'the pause before the second one',
  'restart.backoff.factor': 'how each further pause grows',
  'restart.backoff.capMs': 'the longest pause',
  'restart.backoff.jitter': '`full`: a random part of the pause; `none`: all of it',
  'restart.intensity': 'restarts within the period; one failure more gives up; `null`: it never is',
  'restart.periodMs': 'how long a failure counts; `null`: for ever',
  'restart.resetAfterMs': 'healthy for this long, and all earlier failures are forgotten; `null`: never',
  'restart.halfOpenAfterMs': 'from giving up to the next try; `null`: there is none',
  'health.startIntervalMs': 'during the start: between two probes',
  'health.startDeadlineMs': 'during the start: how long one probe may take',
  'health.intervalMs': 'between a good probe and the next',
  'health.retryIntervalMs': 'between a missed probe and the next',
  'health.deadlineMs': 'how long one probe may take',
  'health.misses': 'missed probes in a row that end it',
  'health.excuses': 'missed probes in a row that are excused at most',
  'health.jitter': 'the random part by which both intervals are made longer or shorter',
  'health.freshDialEvery': 'every which probe connects anew; `null`: none does',
  'health.notServingMs': 'how long it may say NOT_SERVING; `null`: for ever',
  'health.watch': 'whether it is asked to tell its changes by itself',
  'deadlines.startMs': 'from spawn to healthy, all steps together',
  'deadlines.drainMs': 'calls in flight may finish',
  'deadlines.hookMs': '`OnDeactivate` may take',
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
  if (strays.length > 0) throw new Error(`${import.meta.filename} should explain exactly: ${strays}.`);
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

/** What follows each failure of a series, up to the one that is too many. */
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
    judge(library, { policy, count, random, errorCode: 'PLUGIN_CRASHED' }),
  );
  if (most.verdict !== 'restart') return 'given up';
  if (most.delayMs === 0) return 'restarted at once';
  const span = least.delayMs === most.delayMs ? most.delayMs : `${least.delayMs} to ${most.delayMs}`;
  return `restarted after ${span} ms`;
}

/** The codes that are given up at the first failure. */
export function unrecoverableList(library) {
  const policy = library.presets.espalier.restart;
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  return library.pluginErrorCodes
    .filter((errorCode) => judge(library, { policy, count: 1, random: 0, errorCode }).verdict === 'giveUp')
    .map((errorCode) => {
      const isReserved = !page.includes(`### ${code(errorCode)}`);
      const anchor = isReserved ? 'reserved' : errorCode.toLowerCase();
      return `- [${code(errorCode)}](errors.md#${anchor})${isReserved ? ' (reserved)' : ''}`;
    })
    .join('\n');
}

/** The verdict on a plugin that served and then failed, for the nth time. */
function judge({ decideRestart, PluginError }, { policy, count, random, errorCode }) {
  const error = new PluginError({ code: errorCode, message: '' });
  const exit = { kind: 'exit', code: 1, phase: 'serving', error };
  const failures = Array.from({ length: count }, () => 0);
  return decideRestart({ policy, exit, failures, wasHealthy: true, random });
}

/** Within which time each fault of health is found, and a plugin is gone that nobody wants, under each preset. */
export function boundsTable({ presets, hangFoundWithinMs, lostSocketFoundWithinMs, stopsWithinMs }) {
  const names = Object.keys(presets);
  const line = (what, bound) => [what, ...names.map((name) => seconds(bound(presets[name])))];
  return table([
    ['within which time', ...names.map(code)],
    line('a plugin that does not answer is found', ({ health }) => hangFoundWithinMs(health)),
    line('the same, with every excuse that there is', ({ health }) => hangFoundWithinMs(health, 'all')),
    line('one that nobody can connect to is found', ({ health }) => lostSocketFoundWithinMs(health)),
    line('one that says NOT_SERVING is brought down', ({ health }) => health.notServingMs),
    line('one that is deactivated is gone, whatever it does', ({ deadlines }) => stopsWithinMs(deadlines)),
  ]);
}

function seconds(ms) {
  if (ms === null) return 'never';
  return ms >= 24 * 60 * 60_000 ? 'never' : `${ms / 1000} s`;
}
