import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

export type HostEnv = Readonly<Record<string, string | undefined>>;

/**
 * Every program of this name on PATH, in its order. Relative entries of PATH are left out: they would lead
 * somewhere else for each working directory, and into the bundle at worst.
 */
export async function searchPath(name: string, env: HostEnv, platform: string): Promise<string[]> {
  const candidates = pathDirectories(env, platform).flatMap((directory) =>
    fileNames(name, env, platform).map((file) => join(directory, file)),
  );
  const usable = await Promise.all(candidates.map(isExecutableFile));
  return candidates.filter((_, index) => usable[index]);
}

export async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The directories of PATH, each once. */
export function pathDirectories(env: HostEnv, platform: string): string[] {
  const windows = platform === 'win32';
  // Windows spells it `Path`, and does not care.
  const key = windows ? Object.keys(env).find((name) => name.toUpperCase() === 'PATH') : 'PATH';
  const directories = (env[key ?? 'PATH'] ?? '').split(windows ? ';' : ':');
  return [...new Set(directories)].filter((directory) => isAbsolute(directory));
}

function fileNames(name: string, env: HostEnv, platform: string): string[] {
  if (platform !== 'win32') return [name];
  return (env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';').map((extension) => `${name}${extension.toLowerCase()}`);
}
