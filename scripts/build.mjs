// Builds the package twice from the same sources, as ESM and as CommonJS, so that a CommonJS server (and its jest)
// can embed it too.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const compile = (project) =>
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], {
    cwd: root,
    stdio: 'inherit',
  });

rmSync(`${root}dist`, { recursive: true, force: true });
compile('tsconfig.build.json');
compile('tsconfig.build.cjs.json');
writeFileSync(`${root}dist/cjs/package.json`, '{"type":"commonjs"}\n');
chmodSync(`${root}dist/esm/cli/main.js`, 0o755);
