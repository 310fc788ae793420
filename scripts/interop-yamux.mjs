// Our yamux against the reference implementation. Needs Go and its module proxy, so it is no part of `npm test`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRunFolder } from './run-folder.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
const peer = join(makeRunFolder(), 'peer');

execFileSync(go, ['build', '-o', peer, '.'], { cwd: join(root, 'test/interop/yamux'), stdio: 'inherit' });
const jest = ['node_modules/jest/bin/jest.js', '--testMatch', '**/test/interop/yamux/*.interop.ts'];
const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const { status } = spawnSync(process.execPath, [...options, ...jest, ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, YAMUX_PEER: peer },
  stdio: 'inherit',
});
process.exit(status ?? 1);
