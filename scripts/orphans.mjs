// Kills hosts at random moments and counts what is left of their plugins: see test/faults/orphans.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildFakeInterpreters } from './build-fake-interpreters.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'orphans-'));
try {
  await buildFakeInterpreters();
  const outfile = join(folder, 'orphans.mjs');
  await build({
    entryPoints: [join(root, 'test/faults/orphans.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    // The bundles' interpreters are looked for beside the file that names them.
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'fake-interpreters/index.ts')).href),
    },
  });
  const { orphans } = await import(pathToFileURL(outfile).href);
  process.exitCode = await orphans(root, process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
