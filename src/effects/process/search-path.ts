import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

/** The environment variables of the host. */
export type HostEnv = Readonly<Record<string, string | undefined>>;

/**
 * The file that a command names: the first one on PATH, or `null` where there is none. A name with a slash is a path,
 * relative to `cwd`; whether that file exists is not checked.
 */
export async function findProgram(
  name: string,
  cwd: string,
  env: HostEnv,
  platform: string,
): Promise<string | null> {
  if (name.includes('/')) return resolve(cwd, name);
  return (await searchPath(name, env, platform))[0] ?? null;
}

/**
 * Every program of this name on PATH, in the order of PATH. Relative entries of PATH are left out: they mean another
 * directory for each working directory, and the bundle's own at worst.
 */
export async function searchPath(name: string, env: HostEnv, platform: string): Promise<string[]> {
  const candidates = pathDirectories(env, platform).flatMap((directory) =>
    fileNames(name, env, platform).map((file) => join(directory, file)),
  );
  const usable = await Promise.all(candidates.map(isExecutableFile));
  return candidates.filter((_, index) => usable[index]);
}

/** Whether a path leads to a file that this process may execute. */
export async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The absolute directories of PATH, each once. */
export function pathDirectories(env: HostEnv, platform: string): string[] {
  const windows = platform === 'win32';
  // Windows usually spells it `Path`; its names have no case.
  const key = windows ? Object.keys(env).find((name) => name.toUpperCase() === 'PATH') : 'PATH';
  const directories = (env[key ?? 'PATH'] ?? '').split(windows ? ';' : ':');
  return [...new Set(directories)].filter((directory) => isAbsolute(directory));
}

function fileNames(name: string, env: HostEnv, platform: string): string[] {
  if (platform !== 'win32') return [name];
  return (env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';').map((extension) => `${name}${extension.toLowerCase()}`);
}
