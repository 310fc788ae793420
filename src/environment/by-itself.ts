import type { ScannedBundle } from '../effects/index.js';
import { createEnvironmentAt } from './create-environment.js';
import type { Environment } from './environment.js';
import { resolveOptions, type EnvironmentOptions } from './options.js';
import { realSite } from './real-site.js';

/**
 * An environment for looking at a plugin without those that it lives among: it starts without what it requires, and
 * belongs to no group.
 */
export async function createEnvironmentByItself(options: EnvironmentOptions): Promise<Environment> {
  const resolved = resolveOptions(options);
  const site = realSite(resolved);
  const scan = async () => (await site.scan()).map(byItself);
  return createEnvironmentAt({ ...site, scan }, resolved);
}

function byItself(found: ScannedBundle): ScannedBundle {
  if (!found.ok) return found;
  const { bundle } = found;
  const manifest = { ...bundle.manifest, requires: [], group: undefined };
  return { ...found, bundle: { ...bundle, manifest } };
}
