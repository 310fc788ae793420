import { readlink, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { messageOf, PluginError } from '../../model/index.js';

/**
 * The absolute path of a bundle's script or executable, links not resolved. Rejects unless it is a file whose real
 * place is inside the bundle. `directory` has its own links resolved already.
 */
export async function resolveEntry(directory: string, entry: string): Promise<string> {
  const path = join(directory, entry);
  const real = await realpath(path).catch(async (thrown: unknown) => {
    throw notFound(entry, path, `${entry} ${await describeMissing(path)}`, thrown);
  });
  if (!isInside(directory, real)) {
    throw new PluginError({
      code: 'PATH_ESCAPES_BUNDLE',
      message: `${entry} leads out of the bundle, to ${real}.`,
      hint: 'Put the file itself into the bundle, instead of a link to it.',
      facts: { path, real },
    });
  }
  if (!(await stat(real)).isFile()) throw notFound(entry, path, `${entry} is not a file.`);
  return path;
}

/** Whether a real path lies in a real directory. */
export function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function describeMissing(path: string): Promise<string> {
  try {
    return `is a link to ${await readlink(path)}, which is not there.`;
  } catch {
    return 'is not in the bundle, or cannot be reached.';
  }
}

function notFound(entry: string, path: string, message: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'EXECUTABLE_NOT_FOUND',
    message,
    hint: 'Check server.executable and server.executables in the manifest, and whether the bundle was built and unpacked whole.',
    facts: { entry, path, ...(cause === undefined ? {} : { reason: messageOf(cause) }) },
    cause,
  });
}
