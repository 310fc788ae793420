// Builds the package twice from the same sources, as ESM and as CommonJS, so that a CommonJS server (and its jest)
// can embed it too. The old build stays until the new one is whole.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;
const fresh = `${root}dist.new-${process.pid}`;
const old = `${root}dist.old-${process.pid}`;
const run = promisify(execFile);
const compile = (project, outDir) =>
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project, '--outDir', outDir], {
    cwd: root,
  });

try {
  process.stderr.write('building dist/ …\n');
  // Both compile the same sources: that they are sound is found out once, by the first.
  await Promise.all([
    compile('tsconfig.build.json', `${fresh}/esm`),
    compile('tsconfig.build.cjs.json', `${fresh}/cjs`),
  ]);
  writeFileSync(`${fresh}/cjs/package.json`, '{"type":"commonjs"}\n');
  chmodSync(`${fresh}/esm/cli/main.js`, 0o755);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
} catch (error) {
  // What is wrong the compiler says on stdout.
  if (error.stdout === undefined) throw error;
  process.stderr.write(`${error.stdout}${error.stderr}`);
  process.exitCode = 1;
} finally {
  for (const leftover of [fresh, old]) rmSync(leftover, { recursive: true, force: true });
}
