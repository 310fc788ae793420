// Our header compression against that of Go. Needs Go and its module proxy, so it is no part of `npm test`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRunFolder } from './run-folder.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
const peer = join(makeRunFolder(), 'peer');

execFileSync(go, ['build', '-o', peer, '.'], { cwd: join(root, 'test/interop/hpack'), stdio: 'inherit' });
const jest = ['node_modules/jest/bin/jest.js', '--testMatch', '**/test/interop/hpack/*.interop.ts'];
const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const { status } = spawnSync(process.execPath, [...options, ...jest, ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, HPACK_PEER: peer },
  stdio: 'inherit',
});
process.exit(status ?? 1);
