import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { interpretersInVenv, normalizeBundlePath } from '../../bundle/index.js';
import { PluginError, type Bundle } from '../../model/index.js';
import { isInside } from '../bundle/entry.js';
import { looksLikeVenv } from './replace.js';

/** Whether a bundle wants a virtual environment, and which. */
export type VenvPlan =
  | { readonly wanted: false; readonly reason: string }
  | {
      readonly wanted: true;
      /** Absolute, as are all. */
      readonly venv: string;
      readonly interpreter: string;
      readonly requirements: string | null;
    };

/**
 * Plans the virtual environment of a bundle; makes nothing.
 *
 * @throws PluginError for a path that is not usable.
 */
export async function planVenv(bundle: Bundle, platform: string): Promise<VenvPlan> {
  const settings = bundle.manifest.server.python;
  if (bundle.runtime !== 'python') return { wanted: false, reason: 'it is no Python plugin' };
  if (settings?.dependency_mode === 'bundled')
    return { wanted: false, reason: 'it brings its own interpreter' };
  if (settings?.dependency_mode === 'system') return { wanted: false, reason: "it uses the system's Python" };
  const requirements = await findRequirements(bundle, platform);
  if (settings === undefined && requirements === null)
    return { wanted: false, reason: 'it has no requirements.txt' };
  const name = inBundle(bundle, settings?.venv_path ?? 'venv', platform);
  const venv = join(bundle.directory, name);
  await refuseForeignPlace(bundle, name, venv);
  const interpreter = join(bundle.directory, interpretersInVenv(name, platform)[0] ?? '');
  return { wanted: true, venv, interpreter, requirements };
}

async function findRequirements(bundle: Bundle, platform: string): Promise<string | null> {
  const stated = bundle.manifest.server.python?.requirements_path;
  const path = join(bundle.directory, inBundle(bundle, stated ?? 'requirements.txt', platform));
  const stats = await stat(path).catch(() => null);
  if (stats?.isFile() === true) return path;
  if (stated === undefined) return null;
  throw refuse(bundle, {
    code: 'MANIFEST_INVALID',
    message: `The requirements file ${stated} is not in the bundle.`,
    hint: 'Correct server.python.requirements_path, or add the file.',
  });
}

/**
 * What `prepare` makes, and removes to make it again, may be nothing else than a virtual environment of this bundle.
 */
async function refuseForeignPlace(bundle: Bundle, name: string, venv: string): Promise<void> {
  const real = await realpath(venv).catch(() => realpath(dirname(venv)).catch(() => null));
  if (name === '.' || (real !== null && !isInside(bundle.directory, real))) throw escapes(bundle, name);
  if (await looksLikeVenv(venv)) return;
  throw refuse(bundle, {
    code: 'MANIFEST_INVALID',
    message: `${name} holds something else than a virtual environment, and is left as it is.`,
    hint: 'Name another place in server.python.venv_path, or move what is there.',
  });
}

function inBundle(bundle: Bundle, path: string, platform: string): string {
  const plain = normalizeBundlePath(path, platform);
  if (plain === null) throw escapes(bundle, path);
  return plain;
}

function escapes(bundle: Bundle, path: string): PluginError {
  return refuse(bundle, {
    code: 'PATH_ESCAPES_BUNDLE',
    message: `${path} is not inside the bundle.`,
    hint: 'Name a directory of the bundle in server.python.venv_path, which is not a link to another place.',
  });
}

function refuse(
  bundle: Bundle,
  error: { code: 'MANIFEST_INVALID' | 'PATH_ESCAPES_BUNDLE'; message: string; hint: string },
): PluginError {
  return new PluginError({ ...error, plugin: bundle.manifest.id, phase: 'manifest' });
}
