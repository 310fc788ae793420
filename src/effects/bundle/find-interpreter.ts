import { lstat, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { interpretersInBundle, mayUseSystemPython } from '../../bundle/index.js';
import { PluginError, type Bundle } from '../../model/index.js';
import { isExecutableFile, pathDirectories, searchPath, type HostEnv } from '../process/search-path.js';

/**
 * The Python that runs a bundle: its own, else the first on PATH where the manifest allows that. The path is not
 * resolved, as it is by its place that an interpreter knows its virtual environment. It is not run either:
 * whether its version fits is checked when the environment is prepared.
 */
export async function findInterpreter(bundle: Bundle, env: HostEnv, platform: string): Promise<string> {
  const broken: string[] = [];
  for (const candidate of interpretersInBundle(bundle.manifest, platform)) {
    const path = join(bundle.directory, candidate);
    if (await isExecutableFile(path)) return path;
    const fault = await unusableReason(path, candidate);
    if (fault !== null) broken.push(fault);
  }
  // A virtual environment that broke is not passed over: another Python would only lack its packages, and say so later.
  if (broken[0] !== undefined) throw brokenInterpreter(bundle, broken[0]);
  if (!mayUseSystemPython(bundle.manifest)) throw noInterpreterInBundle(bundle, platform);
  const [python3] = await searchPath('python3', env, platform);
  const onPath = python3 ?? (await searchPath('python', env, platform))[0];
  if (onPath === undefined) throw noInterpreter(bundle, env, platform);
  return onPath;
}

/** Why something that is there cannot be run; `null` where there is nothing. */
async function unusableReason(path: string, candidate: string): Promise<string | null> {
  const link = await lstat(path).catch(() => null);
  if (link === null) return null;
  const target = await stat(path).catch(() => null);
  if (target === null) {
    const to = link.isSymbolicLink() ? await readlink(path) : 'nothing';
    return `${candidate} is a link to ${to}, which is not there (was this Python removed, or the bundle moved?).`;
  }
  return target.isFile() ? `${candidate} is not executable.` : `${candidate} is not a file.`;
}

const prepareHint =
  'Run `espalier prepare` on the plugin directory: it makes the virtual environment and installs the requirements.';

function brokenInterpreter(bundle: Bundle, message: string): PluginError {
  const hint = message.endsWith('not executable.')
    ? 'Make it executable with `chmod +x`, or run `espalier prepare`.'
    : prepareHint;
  return notFound(bundle, message, hint, {});
}

function noInterpreterInBundle(bundle: Bundle, platform: string): PluginError {
  const looked = interpretersInBundle(bundle.manifest, platform);
  const mode = bundle.manifest.server.python?.dependency_mode;
  const hint =
    mode === 'bundled'
      ? 'The bundle should have brought its interpreter: unpack it again, or run `espalier prepare` with dependency_mode "venv".'
      : prepareHint;
  const message = `The bundle has no Python of its own, which its dependency_mode "${mode ?? ''}" asks for: none of ${looked.join(', ')} is there.`;
  return notFound(bundle, message, hint, { looked });
}

function noInterpreter(bundle: Bundle, env: HostEnv, platform: string): PluginError {
  const looked = [...interpretersInBundle(bundle.manifest, platform), 'python3', 'python'];
  const path = pathDirectories(env, platform);
  const message = `There is no Python: neither in the bundle nor as python3 or python in any of the ${path.length} directories of PATH.`;
  return notFound(bundle, message, 'Install Python 3, or correct PATH.', { looked, path });
}

function notFound(
  bundle: Bundle,
  message: string,
  hint: string,
  facts: Record<string, unknown>,
): PluginError {
  const plugin = bundle.manifest.id;
  return new PluginError({
    code: 'INTERPRETER_NOT_FOUND',
    message,
    hint,
    plugin,
    phase: 'interpreter',
    facts,
  });
}
