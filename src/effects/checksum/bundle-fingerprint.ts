import { resolve } from 'node:path';
import type { Bundle } from '../../model/index.js';
import { searchPath } from '../process/search-path.js';
import { hashBundle } from './hash-bundle.js';
import { hashFile, hashText } from './hash-file.js';

/**
 * What tells a bundle from what it was like before: its version and the digest of all that is in it; of a bare program,
 * its command line and its file. `null` where it cannot be read.
 */
export async function bundleFingerprint(bundle: Bundle, env: NodeJS.ProcessEnv): Promise<string | null> {
  try {
    const digest =
      bundle.command === undefined
        ? await hashBundle(bundle, 'sha256')
        : await hashProgram(bundle, bundle.command, env);
    return `${bundle.manifest.version} ${digest}`;
  } catch {
    return null;
  }
}

async function hashProgram(
  { directory, manifest }: Bundle,
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const [name] = command;
  const [file] = name.includes('/')
    ? [resolve(directory, name)]
    : await searchPath(name, env, process.platform);
  const content = file === undefined ? '' : await hashFile(file, 'sha256');
  return hashText(JSON.stringify([command, directory, manifest.env, content]), 'sha256');
}
