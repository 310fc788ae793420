import type { ScannedBundle } from '../effects/index.js';
import { createEnvironmentWithRuntime } from './create-environment.js';
import type { Environment } from './environment.js';
import { resolveOptions, type EnvironmentOptions } from './options/environment-options.js';
import { nodeRuntime } from './runtime/node-runtime.js';

/**
 * An environment for looking at a plugin without those that it lives among: it starts without what it requires, and
 * belongs to no group.
 */
export async function createIsolatedEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const resolved = resolveOptions(options);
  const site = nodeRuntime(resolved);
  const scan = async () => (await site.scan()).map(isolate);
  return createEnvironmentWithRuntime({ ...site, scan }, resolved);
}

function isolate(found: ScannedBundle): ScannedBundle {
  if (!found.ok) return found;
  const { bundle } = found;
  const manifest = { ...bundle.manifest, requires: [], group: undefined };
  return { ...found, bundle: { ...bundle, manifest } };
}
