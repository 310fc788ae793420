// Runs this host against programs that nobody here wrote: `npm run test:interop`.
//
//   npm run test:interop                builds what is stale, runs test/interop, and fails when docs/compatibility.md
//                                       says anything else than the run
//   npm run test:interop -- --write     writes docs/compatibility.md instead
//   npm run test:interop -- <pattern>   runs the tests with that name only, and leaves the page alone
import { transform } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { compatibilityPage } from './interop-page.mjs';
import { buildInteropPrograms, interopVersions } from './interop-build.mjs';
import { makeRunFolder } from './run-folder.mjs';
import { suitesSection } from './suites.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const page = join(root, 'docs/compatibility.md');

async function main() {
  const { values, positionals } = parseArgs({
    options: { write: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const built = buildInteropPrograms();
  if (built.length > 0) console.log(`Built ${built.join(', ')}.`);
  const { status, results } = runJest(positionals);
  if (status !== 0) return status;
  if (positionals.length > 0) return 0;
  return updatePage(await pageOf(results), values.write);
}

function runJest(patterns) {
  const outcome = join(makeRunFolder(), 'results.json');
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  args.push('node_modules/jest/bin/jest.js', '--testMatch', '<rootDir>/test/interop/*.interop.ts');
  args.push('--json', '--outputFile', outcome);
  if (patterns.length > 0) args.push('--testNamePattern', patterns.join(' '));
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['inherit', 'ignore', 'inherit'],
  });
  const results = existsSync(outcome) ? JSON.parse(readFileSync(outcome, 'utf8')) : null;
  return { status: status ?? 1, results };
}

async function pageOf({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const { rows, titleOf } = await load('rows');
  const { programs } = await load('programs');
  const text = compatibilityPage({
    versions: interopVersions(),
    programs: Object.values(programs),
    rows,
    titleOf,
    tests,
    suites: suitesSection(),
  });
  return format(text, { ...(await resolveConfig(page)), filepath: page });
}

/** A table of test/interop: TypeScript without imports that run. */
async function load(name) {
  const source = readFileSync(join(root, `test/interop/${name}.ts`), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm' });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

function updatePage(text, write) {
  if (existsSync(page) && readFileSync(page, 'utf8') === text) return 0;
  if (write) writeFileSync(page, text);
  console.log(
    write
      ? 'docs/compatibility.md is written.'
      : 'docs/compatibility.md is stale: run `npm run test:interop -- --write`.',
  );
  return write ? 0 : 1;
}

process.exitCode = await main();
