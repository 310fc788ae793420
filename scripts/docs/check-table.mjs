import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildFakeInterpreters } from '../build-fake-interpreters.mjs';
import { useRunFolder } from '../run-folder.mjs';
import { espalier, root } from './espalier.mjs';
import { code, row, table } from './markdown.mjs';

const checksAtOnce = 3;
const startMs = 1500;
/** Short deadlines, so that fakes that ignore a stop do not take half a minute. */
const config = { policy: { deadlines: { hookMs: 1000, shutdownMs: 1000, termMs: 1000 } } };
const longestMessage = 140;
/** Fakes whose outcome depends on timing. */
const races = new Map([
  ['crashes-in-a-loop', 'It exits after 100 ms: passes if the check ends before that, else a crash.'],
]);
const headings = ['fake interpreter', 'what it does', 'passes', 'failed step', 'code', 'message', 'exit'];

/** The result of `espalier check` for every fake interpreter. */
export async function checkTable(_library, page) {
  await buildFakeInterpreters();
  const { fakeInterpreters, makeFakeBundle } = await loadFakes();
  const pluginDir = realpathSync(useRunFolder());
  const configFile = join(pluginDir, 'config.json');
  writeFileSync(configFile, JSON.stringify(config));
  const check = async ({ name, behaviour }) => {
    const { directory, remove } = makeFakeBundle(name, { directory: pluginDir, interpreter: 'link' });
    const flags = ['--multiplex', 'auto', '--json', '--timeout', String(startMs), '--config', configFile];
    const { stdout, exitCode } = await espalier('check', ...flags, directory);
    remove();
    return [code(name), behaviour, ...resultCells(name, JSON.parse(stdout), exitCode)];
  };
  // What those do that attack is in the table of docs/security.md.
  const checked = fakeInterpreters.filter(({ isAttack }) => !isAttack);
  const rows = await mapSome(checked, check);
  // A busy machine may change a result: each row that differs from the page is checked again, alone.
  const known = new Set(page.split('\n').map(normalized));
  for (const [index, cells] of rows.entries()) {
    if (!known.has(normalized(row(cells)))) rows[index] = await check(checked[index]);
  }
  return table([headings, ...rows]);
}

/** Loads the TypeScript modules of the fake interpreters. */
async function loadFakes() {
  const folder = join(root, 'fake-interpreters');
  const contents = "export * from './bundle.ts'; export * from './index.ts';";
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(folder, 'index.ts')).href) },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

async function mapSome(items, map) {
  const results = [];
  const waiting = [...items.entries()];
  const runWorker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results[next[0]] = await map(next[1]);
    }
  };
  await Promise.all(Array.from({ length: checksAtOnce }, runWorker));
  return results;
}

function resultCells(name, { ok, steps, error }, exitCode) {
  const race = races.get(name);
  if (race !== undefined) return ['either', '', '', race, '0 or 1'];
  if (ok) return ['yes', '', '', '', String(exitCode)];
  const failed = steps.find((step) => !step.ok)?.name ?? '';
  const link = `[${code(error.code)}](#${error.code.toLowerCase()})`;
  return ['no', failed, link, shortened(error.message), String(exitCode)];
}

/** Removes paths and OpenSSL's error texts, which differ between runs and versions. */
function shortened(message) {
  const plain = message
    .replace(/\/[^\s"|]*espalier-[^\s"|]*/g, '…')
    .replace(/\([^)]*\berror:[0-9A-F]{8}:[^)]*\)/g, '(…)');
  return plain.length > longestMessage ? `${plain.slice(0, longestMessage - 1)}…` : plain;
}

/** A table row without the padding of its columns. */
function normalized(text) {
  return text.replace(/ +/g, ' ');
}
