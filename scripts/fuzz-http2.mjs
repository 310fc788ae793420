// Plays made-up sessions against our HTTP/2 for as long as it is told: `node scripts/fuzz-http2.mjs --runs=1000000`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '200000' } } });
const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = ['node_modules/jest/bin/jest.js', 'test/http2/session/fuzz'];
const { status } = spawnSync(process.execPath, [...options, ...jest], {
  cwd: fileURLToPath(new URL('../', import.meta.url)),
  env: { ...process.env, ESPALIER_FUZZ_RUNS: values.runs },
  stdio: 'inherit',
});
process.exit(status ?? 1);
