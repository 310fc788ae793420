// Builds the package: every module and its types from TypeScript (dist/modules, which is not published), then one bundle
// of them as ESM and one as CommonJS, so that a CommonJS server (and its jest) can embed it too, and the types of each
// entry rolled up. The old build stays until the new one is whole.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;
const fresh = `${root}dist.new-${process.pid}`;
const old = `${root}dist.old-${process.pid}`;
const run = promisify(execFile);

/** What the package exports. */
const library = ['index', 'testing/index', 'plugin/index'];
/** Only our own files are bundled. */
const external = (id) => !/^[./]/.test(id);

async function compile() {
  const tsc = [
    'node_modules/typescript/bin/tsc',
    '-p',
    'tsconfig.build.json',
    '--outDir',
    `${fresh}/modules`,
  ];
  await run(process.execPath, tsc, { cwd: root });
}

function entries(names, extension) {
  return Object.fromEntries(names.map((name) => [name, `${fresh}/modules/${name}${extension}`]));
}

async function bundleCode() {
  // One graph for both formats, so that what is loaded on demand is so in both. The command line is ESM alone.
  for (const [format, names] of [
    ['esm', [...library, 'cli/main']],
    ['cjs', library],
  ]) {
    const bundle = await rollup({ input: entries(names, '.js'), external });
    const { output } = await bundle.generate({
      format,
      // jest's CommonJS has no import().
      dynamicImportInCjs: false,
      interop: 'auto',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name].js',
    });
    for (const { fileName, code } of output) {
      // The types have the comments.
      const compact = await transform(code, { target: 'node20', legalComments: 'none' });
      write(`${format}/${fileName}`, compact.code);
    }
  }
  write('cjs/package.json', '{"type":"commonjs"}\n');
  chmodSync(`${fresh}/esm/cli/main.js`, 0o755);
}

async function bundleTypes() {
  const bundle = await rollup({
    input: entries(library, '.d.ts'),
    external,
    plugins: [dts()],
    // Circles of modules are nothing to types.
    onwarn: () => undefined,
  });
  const { output } = await bundle.generate({
    format: 'es',
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'chunks/types.d.ts',
  });
  for (const { fileName, code } of output)
    for (const format of ['esm', 'cjs']) write(`${format}/${fileName}`, code);
}

function write(file, text) {
  const path = join(fresh, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

try {
  process.stderr.write(`building ${relative(root, dist)}/ …\n`);
  await compile();
  await Promise.all([bundleCode(), bundleTypes()]);
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
