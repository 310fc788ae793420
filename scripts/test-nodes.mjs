// Runs the tests under the versions of Node that people run: npm run test:nodes [-- --all] [--node 24] [paths …]
//
// Without --all: what depends on the platform, that is everything with real processes, sockets, TLS or HTTP/2. The npm
// package `node` brings the binaries. Fakes, hosts and plugins of the tests run under the same binary.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { useRunFolder } from './run-folder.mjs';

/** The releases that are tested beside the floor, on which `npm test` runs. */
const versions = ['22', '24', '26'];
const platformDependent = [
  ...[
    'effects/process',
    'effects/orphans',
    'effects/launch',
    'effects/files',
    'effects/socket',
    'effects/tls',
  ],
  ...['effects/http2', 'effects/grpc', 'effects/rpc', 'effects/yamux', 'effects/logs', 'effects/state'],
  ...['end-to-end', 'environment', 'plugin', 'cli', 'fake-interpreters', 'observe/inspector'],
].map((folder) => `test/${folder}/`);

const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean' }, node: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const root = fileURLToPath(new URL('..', import.meta.url));
// A path of two run folders would be too long for the sockets of the tests.
const { TMPDIR = '/tmp' } = process.env;
const folder = useRunFolder();
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** The folder with the binary of a release, installed where the run's other files are. */
function installNode(version) {
  const place = join(folder, `node-${version}`);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{"private":true}');
  run(npm, ['install', '--no-audit', '--no-fund', '--silent', `node@${version}`], { cwd: place });
  const bin = join(place, 'node_modules/node/bin');
  if (!existsSync(join(bin, 'node')))
    throw new Error(`The package node@${version} has no binary for this system.`);
  return bin;
}

function run(command, args, options) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}.`);
}

const paths = positionals.length > 0 ? positionals : values.all === true ? [] : platformDependent;
for (const version of values.node ?? versions) {
  const bin = installNode(version);
  const env = { ...process.env, TMPDIR, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const begun = Date.now();
  run(join(bin, 'node'), ['--version'], { env });
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  run(join(bin, 'node'), [...jest, '--silent', ...paths], { cwd: root, env });
  console.log(`Node ${version}: fine (${Math.round((Date.now() - begun) / 1000)} s)`);
}
