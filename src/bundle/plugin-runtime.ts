import { PluginError, type Manifest, type PluginRuntime } from '../model/index.js';
import { normalizeBundlePath } from './bundle-path.js';
import { goPlatform } from './go-platform.js';

/** The runtime and the entry file of a plugin on this machine, or the error. */
export type ResolvedRuntime =
  | {
      readonly ok: true;
      readonly runtime: PluginRuntime;
      /** The script or executable, relative to the bundle, with `/` between its parts. */
      readonly entry: string;
    }
  | { readonly ok: false; readonly error: PluginError };

/**
 * What a manifest wants to be run on this machine, and with what. `server.runtime` decides;
 * where it says nothing, `props.runtime` and the name of the entry file do.
 */
export function resolveRuntime(manifest: Manifest, platform: string, arch: string): ResolvedRuntime {
  const machine = goPlatform(platform, arch);
  const path = manifest.server.executables?.[machine] ?? manifest.server.executable;
  if (path === undefined) return { ok: false, error: noExecutable(manifest, machine) };
  const entry = normalizeBundlePath(path, platform);
  if (entry === null) return { ok: false, error: pathEscapes(manifest, 'executable', path) };
  for (const field of ['venv_path', 'requirements_path'] as const) {
    const other = manifest.server.python?.[field];
    if (other !== undefined && normalizeBundlePath(other, platform) === null) {
      return { ok: false, error: pathEscapes(manifest, `python.${field}`, other) };
    }
  }
  return { ok: true, runtime: runtimeOf(manifest, entry), entry };
}

function runtimeOf(manifest: Manifest, entry: string): PluginRuntime {
  if (manifest.server.runtime !== undefined) return manifest.server.runtime;
  if (manifest.props?.runtime === 'python' || /\.py$/i.test(entry)) return 'python';
  return /\.[mc]?js$/i.test(entry) ? 'node' : 'executable';
}

function noExecutable(manifest: Manifest, machine: string): PluginError {
  const platforms = Object.keys(manifest.server.executables ?? {});
  const none = platforms.length === 0;
  return new PluginError({
    code: 'EXECUTABLE_NOT_FOUND',
    message: none
      ? 'The manifest names no executable.'
      : `The plugin has no executable for ${machine}, only for ${platforms.join(', ')}.`,
    hint: none
      ? 'Name the script or program in server.executable.'
      : `Install a build of the plugin for ${machine}, or name one in server.executables.`,
    plugin: manifest.id,
    phase: 'manifest',
    facts: { platform: machine, platforms },
  });
}

function pathEscapes(manifest: Manifest, field: string, path: string): PluginError {
  return new PluginError({
    code: 'PATH_ESCAPES_BUNDLE',
    message: `server.${field} is "${path}", which is not inside the bundle.`,
    hint: 'Give a path relative to the bundle that does not leave it.',
    plugin: manifest.id,
    phase: 'manifest',
    facts: { path },
  });
}
