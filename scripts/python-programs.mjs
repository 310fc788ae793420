// Makes a virtual environment with what a requirements file names and the helper package of python/, and leaves it
// alone while both are the same.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes `venv` if it is missing or stale; says whether it did. `helper` is the folder of the helper package. */
export function makeVenv({ venv, requirements, helper }) {
  const stamp = join(venv, '.built-from');
  const fingerprint = fingerprintOf(venv, requirements, helper);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return false;
  rmSync(venv, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' });
  const pip = [join(venv, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check'];
  const [command, ...args] = pip;
  execFileSync(command, [...args, '-r', requirements, `${helper}[mtls]`], { stdio: 'inherit' });
  writeFileSync(stamp, fingerprint);
  return true;
}

/** The version of a package that a requirements file pins, for example `1.85.3`. */
export function pinnedVersion(requirements, name) {
  const line = readFileSync(requirements, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}==`));
  if (line === undefined) throw new Error(`${requirements} does not pin ${name}.`);
  return line.slice(name.length + 2).trim();
}

/** The version in the pyproject.toml of a folder. */
export function projectVersion(folder) {
  const [, version] =
    /^version = "([^"]+)"/m.exec(readFileSync(join(folder, 'pyproject.toml'), 'utf8')) ?? [];
  if (version === undefined) throw new Error(`${folder} has no version.`);
  return version;
}

/** A virtual environment knows where it lies, and is of one Python. */
function fingerprintOf(venv, requirements, helper) {
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.version, sys.prefix)'], {
    encoding: 'utf8',
  });
  const sources = join(helper, 'espalier_plugin');
  const files = [
    requirements,
    join(helper, 'pyproject.toml'),
    ...readdirSync(sources)
      .filter((file) => file.endsWith('.py'))
      .sort()
      .map((file) => join(sources, file)),
  ];
  const hash = createHash('sha256').update(`${venv}\0${python}`);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}
