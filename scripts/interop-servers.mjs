// Our client against servers of four makes: grpc-go's own interoperability server, grpcio, grpc-js and node:http2.
//
//   node scripts/interop-servers.mjs            what CI runs
//   node scripts/interop-servers.mjs --long     a million calls on one connection, and a minute of connections that age
//   node scripts/interop-servers.mjs --write    also writes the numbers of cases into docs/compatibility.md
//   node scripts/interop-servers.mjs <pattern>  the tests with that name only
//
// Needs Go, its module proxy and PyPI, so it is no part of `npm test`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeRunFolder } from './run-folder.mjs';
import { recordSuites } from './suites.mjs';

const { values, positionals } = parseArgs({
  options: { long: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = makeRunFolder();
const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
const server = join(folder, 'grpc-go-server');
const venv = join(folder, 'venv');

console.log('building the server on grpc-go …');
execFileSync(go, ['build', '-o', server, '.'], { cwd: join(root, 'test/interop/servers'), stdio: 'inherit' });
console.log('installing grpcio …');
execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'grpcio'];
execFileSync(join(venv, 'bin/python'), pip, { stdio: 'inherit' });

const outcome = join(folder, 'results.json');
const jest = ['node_modules/jest/bin/jest.js', '--testMatch', '**/test/interop/servers/*.interop.ts'];
jest.push('--json', '--outputFile', outcome);
if (positionals.length > 0) jest.push('--testNamePattern', positionals.join(' '));
const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const { status } = spawnSync(process.execPath, [...options, ...jest], {
  cwd: root,
  env: {
    ...process.env,
    GRPC_GO_SERVER: server,
    GRPCIO_PYTHON: join(venv, 'bin/python'),
    INTEROP_LONG: String(values.long),
  },
  stdio: ['inherit', 'ignore', 'inherit'],
});
process.exitCode = status ?? 1;
if (status === 0 && positionals.length === 0) {
  const tests = JSON.parse(readFileSync(outcome, 'utf8')).testResults.flatMap((one) => one.assertionResults);
  const counts = {};
  for (const {
    ancestorTitles: [suite],
  } of tests)
    counts[suite] = (counts[suite] ?? 0) + 1;
  const rows = Object.entries(counts).map(([suite, cases]) => ({ suite, cases, result: 'all pass' }));
  process.exitCode = await recordSuites(rows, values);
}
