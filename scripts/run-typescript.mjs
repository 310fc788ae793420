import { mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildFakeInterpreters } from './build-fake-interpreters.mjs';
import { useRunFolder } from './run-folder.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a program of the tests that is no jest test: `test/faults/<name>.ts`, with the fake interpreters at hand. Its
 * `main(root, args)` answers the exit code.
 */
export async function runTypescript(name) {
  try {
    await buildFakeInterpreters();
    process.exitCode = await withBundle(`test/faults/${name}.ts`, async (program) => {
      const { main } = await import(pathToFileURL(program).href);
      return main(root, process.argv.slice(2));
    });
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

/** Bundles a TypeScript file of the repository, and lets it be used. The bundle and what it makes go with the run. */
export async function withBundle(entry, use) {
  const folder = join(useRunFolder(), 'bundle');
  mkdirSync(folder);
  // Packages are not bundled, and are looked for from where the bundle lies.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const outfile = join(folder, `${basename(entry, '.ts')}.mjs`);
  await build({
    entryPoints: [join(root, entry)],
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
  return use(outfile);
}
