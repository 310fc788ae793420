// Bundles every program of fake-interpreters/ into one executable file each, under fake-interpreters/dist/.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'fake-interpreters');
const outputs = join(sources, 'dist');
const stamp = join(outputs, '.built-from');
// What the programs share with the host: how a certificate is written, which openssl and Go accept, and yamux, which is
// tested against the reference. Any file there may be a part of a program.
const sharedFiles = ['go-plugin', 'yamux', 'http2', 'model', 'effects/tls', 'effects/yamux'].flatMap(
  (folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true })
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .map((file) => join(root, 'src', folder, file)),
);
const notPrograms = new Set(['index.ts', 'bundle.ts']);

/** Builds the fake interpreters, unless those that are there come from the same sources. Says which it built. */
export async function buildFakeInterpreters() {
  const programs = listPrograms();
  const fingerprint = fingerprintOfInputs();
  if (isUpToDate(programs, fingerprint)) return [];
  const { outputFiles } = await build({
    entryPoints: programs.map((name) => join(sources, `${name}.ts`)),
    outdir: outputs,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    treeShaking: true,
    banner: { js: `#!${process.execPath}` },
    logLevel: 'warning',
    write: false,
  });
  mkdirSync(outputs, { recursive: true });
  for (const file of outputFiles) replace(join(outputs, basename(file.path, '.js')), file.contents, 0o755);
  // Without it the repository's "type": "module" would make Node read the extension-less programs as ES modules.
  replace(join(outputs, 'package.json'), '{ "type": "commonjs" }\n', 0o644);
  removeAllBut([...programs, 'package.json', basename(stamp)]);
  replace(stamp, fingerprint, 0o644);
  return programs;
}

function listPrograms() {
  return readdirSync(sources)
    .filter((file) => file.endsWith('.ts') && !notPrograms.has(file))
    .map((file) => basename(file, '.ts'));
}

function isUpToDate(programs, fingerprint) {
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === fingerprint &&
    programs.every((name) => existsSync(join(outputs, name)))
  );
}

/** Contents rather than times: a checkout may make an older source newer, or a newer one older. */
function fingerprintOfInputs() {
  const hash = createHash('sha256').update(process.execPath);
  for (const file of [...sourceFiles(), ...sharedFiles, ...toolFiles()])
    hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function sourceFiles() {
  return [sources, join(sources, 'lib')].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.ts'))
      .sort()
      .map((file) => join(folder, file)),
  );
}

function toolFiles() {
  const packages = ['@grpc/grpc-js', 'esbuild'].map((name) =>
    join(root, 'node_modules', name, 'package.json'),
  );
  return [fileURLToPath(import.meta.url), ...packages];
}

/** By rename, so that a program that is being started, or a second build, never meets half a file. */
function replace(path, contents, mode) {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, contents, { mode });
  renameSync(draft, path);
}

function removeAllBut(keep) {
  for (const file of readdirSync(outputs)) {
    if (!keep.includes(file) && !file.endsWith('.draft')) rmSync(join(outputs, file));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildFakeInterpreters();
