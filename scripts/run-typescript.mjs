import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildFakeInterpreters } from './build-fake-interpreters.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program of the tests that is no jest test: bundles `test/faults/<name>.ts` with the fake interpreters at hand,
 * and calls its `main(root, args)`, which answers the exit code.
 */
export async function runTypescript(name) {
  // In there, so that packages which are not bundled are found.
  const folder = mkdtempSync(join(root, 'node_modules', `.espalier-${name}-`));
  try {
    await buildFakeInterpreters();
    const { main } = await import(pathToFileURL(await bundle(name, folder)).href);
    process.exitCode = await main(root, process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundle(name, folder) {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, `test/faults/${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
    // The bundles' interpreters are looked for beside the file that names them.
    define: {
      'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'fake-interpreters/index.ts')).href),
    },
  });
  return outfile;
}
