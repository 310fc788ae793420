import type { Manifest } from '../../model/index.js';
import { normalizeBundlePath } from '../bundle-path.js';

/** Where a bundle may hold its own Python, relative to it, in the order in which they are tried. */
export function interpretersInBundle(manifest: Manifest, platform: string): string[] {
  return venvsOf(manifest, platform).flatMap((venv) => interpretersInVenv(venv, platform));
}

/** Where a bundle may hold its virtual environment, relative to it. */
export function venvsOf(manifest: Manifest, platform: string): string[] {
  const stated = manifest.server.python?.venv_path;
  const own = stated === undefined ? null : normalizeBundlePath(stated, platform);
  return [...new Set([...(own === null ? [] : [own]), 'venv', '.venv'])];
}

/** The interpreters of one virtual environment. */
export function interpretersInVenv(venv: string, platform: string): string[] {
  if (platform === 'win32') return [`${venv}/Scripts/python.exe`];
  return [`${venv}/bin/python`, `${venv}/bin/python3`];
}

/** Whether a bundle is content with an interpreter that is not its own. */
export function mayUseSystemPython(manifest: Manifest): boolean {
  const mode = manifest.server.python?.dependency_mode;
  return mode === undefined || mode === 'system';
}
