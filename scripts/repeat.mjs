// Runs test files again and again, to find the one run in fifty that fails:
//   npm run test:repeat -- 50 test/environment
import { spawnSync } from 'node:child_process';

const [times = '50', ...files] = process.argv.slice(2);
const runs = Number(times);
if (!Number.isInteger(runs) || runs < 1) {
  console.error('usage: npm run test:repeat -- <times> <test files…>');
  process.exit(2);
}
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--silent',
  ...files,
];
const failed = [];
for (let run = 1; run <= runs; run += 1) {
  const { status, stderr } = spawnSync(process.execPath, jest, { encoding: 'utf8' });
  if (status !== 0) {
    failed.push(run);
    console.error(stderr);
  }
  process.stdout.write(status === 0 ? '.' : 'F');
}
console.log(`\n${runs - failed.length} runs passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
