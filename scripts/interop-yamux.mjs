// Our yamux against the reference implementation. Needs Go and its module proxy, so it is no part of `npm test`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
const folder = mkdtempSync(join(tmpdir(), 'yamux-peer-'));
const peer = join(folder, 'peer');

let status = 1;
try {
  execFileSync(go, ['build', '-o', peer, '.'], { cwd: join(root, 'test/interop/yamux'), stdio: 'inherit' });
  const jest = ['node_modules/jest/bin/jest.js', '--testMatch', '**/test/interop/yamux/*.interop.ts'];
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const env = { ...process.env, YAMUX_PEER: peer };
  const run = spawnSync(process.execPath, [...options, ...jest, ...process.argv.slice(2)], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  status = run.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
