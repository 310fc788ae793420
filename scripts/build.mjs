// Builds the package twice from the same sources, as ESM and as CommonJS, so that a CommonJS server (and its jest)
// can embed it too. The old build stays until the new one is whole.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;
const fresh = `${root}dist.new-${process.pid}`;
const old = `${root}dist.old-${process.pid}`;
const compile = (project, outDir) =>
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project, '--outDir', outDir], {
    cwd: root,
    stdio: 'inherit',
  });

try {
  compile('tsconfig.build.json', `${fresh}/esm`);
  compile('tsconfig.build.cjs.json', `${fresh}/cjs`);
  writeFileSync(`${fresh}/cjs/package.json`, '{"type":"commonjs"}\n');
  chmodSync(`${fresh}/esm/cli/main.js`, 0o755);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
} catch (error) {
  // The compiler has said what is wrong.
  process.exitCode = error.status ?? 1;
  if (error.status === undefined) throw error;
} finally {
  for (const leftover of [fresh, old]) rmSync(leftover, { recursive: true, force: true });
}
