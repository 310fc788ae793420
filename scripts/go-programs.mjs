// Compiles Go programs from the modules that a go.mod names, and leaves them alone while that go.mod is the same.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const stampName = '.built-from';

/**
 * Builds into `bin` what is not there yet: each program is `{ name, args, env }`, with the arguments of `go` but for
 * its output. Says which it built. `sources` are our own Go files, which count for the freshness like go.mod does.
 */
export function buildGoPrograms({ module, bin, programs, sources = [] }) {
  const fingerprint = fingerprintOf([join(module, 'go.mod'), join(module, 'go.sum'), ...sources], programs);
  if (isUpToDate(bin, programs, fingerprint)) return [];
  const go = findGo();
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, stampName), { force: true });
  for (const { name, args, env } of programs) {
    const draft = join(bin, `${name}.${process.pid}.draft`);
    const [verb, ...rest] = args;
    execFileSync(go, [verb, '-o', draft, ...rest], {
      cwd: module,
      env: { ...process.env, CGO_ENABLED: '0', ...env },
      stdio: 'inherit',
    });
    renameSync(draft, join(bin, name));
  }
  removeAllBut(
    bin,
    programs.map(({ name }) => name),
  );
  writeFileSync(join(bin, stampName), fingerprint);
  return programs.map(({ name }) => name);
}

/** The version of a module that a go.mod requires, for example `v1.8.0`. */
export function requiredVersion(module, path) {
  const required = readFileSync(join(module, 'go.mod'), 'utf8')
    .split('\n')
    .map((line) => line.trim().replace(/^require\s+/, ''))
    .find((line) => line.startsWith(`${path} `));
  if (required === undefined) throw new Error(`${join(module, 'go.mod')} does not require ${path}.`);
  return required.split(' ')[1];
}

function fingerprintOf(files, programs) {
  const hash = createHash('sha256').update(JSON.stringify(programs));
  for (const file of files) hash.update(`\0${basename(file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

function isUpToDate(bin, programs, fingerprint) {
  const stamp = join(bin, stampName);
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === fingerprint &&
    programs.every(({ name }) => existsSync(join(bin, name)))
  );
}

/** On PATH, or where Go's own installer puts it. */
function findGo() {
  for (const candidate of ['go', '/usr/local/go/bin/go']) {
    try {
      execFileSync(candidate, ['version'], { stdio: 'ignore' });
      return candidate;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error('Go is needed to compile these programs: install Go 1.24 or newer and put it on PATH.');
}

function removeAllBut(bin, keep) {
  for (const file of readdirSync(bin)) if (!keep.includes(file)) rmSync(join(bin, file));
}
