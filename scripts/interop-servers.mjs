// Our client against servers of four makes: grpc-go's own interoperability server, grpcio, grpc-js and node:http2.
//
//   node scripts/interop-servers.mjs            what CI runs
//   node scripts/interop-servers.mjs --long     a million calls on one connection, and a minute of connections that age
//   node scripts/interop-servers.mjs <pattern>  the tests with that name only
//
// Needs Go, its module proxy and PyPI, so it is no part of `npm test`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeRunFolder } from './run-folder.mjs';

const { values, positionals } = parseArgs({ options: { long: { type: 'boolean' } }, allowPositionals: true });
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

const jest = ['node_modules/jest/bin/jest.js', '--testMatch', '**/test/interop/servers/*.interop.ts'];
const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const pattern = positionals.length > 0 ? ['--testNamePattern', positionals.join(' ')] : [];
const { status } = spawnSync(process.execPath, [...options, ...jest, ...pattern], {
  cwd: root,
  env: {
    ...process.env,
    GRPC_GO_SERVER: server,
    GRPCIO_PYTHON: join(venv, 'bin/python'),
    INTEROP_LONG: String(values.long === true),
  },
  stdio: 'inherit',
});
process.exit(status ?? 1);
