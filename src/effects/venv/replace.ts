import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';

/**
 * Makes a virtual environment anew in the place of an older one, which comes back when `make` fails. While it is being
 * made, the older one (or an empty directory, where there was none) stands beside it: so a run that was cut off is
 * recognised. It cannot be made elsewhere and moved, as its scripts name its path.
 */
export async function replaceVenv(venv: string, make: () => Promise<void>): Promise<void> {
  await moveAside(venv);
  try {
    await make();
  } catch (thrown) {
    await rollBack(venv);
    throw thrown;
  }
  await rm(aside(venv), { recursive: true, force: true });
}

/** Clears up after a run that was cut off. `finished` says whether what it has made is whole. */
export async function recoverVenv(venv: string, finished: () => Promise<boolean>): Promise<void> {
  if ((await lstat(aside(venv)).catch(() => null)) === null) return;
  if (await finished()) await rm(aside(venv), { recursive: true, force: true });
  else await rollBack(venv);
}

/** Whether a directory can be replaced: it is a virtual environment, the beginning of one, empty or not there. */
export async function looksLikeVenv(directory: string): Promise<boolean> {
  try {
    const names = await readdir(directory);
    return names.includes('pyvenv.cfg') || names.every((name) => partsOfVenv.test(name));
  } catch (thrown) {
    return isAbsent(thrown);
  }
}

const partsOfVenv = /^(?:bin|scripts|include|lib|lib64|share|\.gitignore|\.lock|CACHEDIR\.TAG)$/i;

async function moveAside(venv: string): Promise<void> {
  try {
    await rename(venv, aside(venv));
  } catch (thrown) {
    if (!isAbsent(thrown)) throw thrown;
    await mkdir(aside(venv), { recursive: true });
  }
}

async function rollBack(venv: string): Promise<void> {
  await rm(venv, { recursive: true, force: true });
  // A link is never the sign for "there was none".
  const wasNone = (await lstat(aside(venv))).isDirectory() && (await readdir(aside(venv))).length === 0;
  await (wasNone ? rmdir(aside(venv)) : rename(aside(venv), venv));
}

function isAbsent(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === 'ENOENT';
}

function aside(venv: string): string {
  return `${venv}.espalier-old`;
}
