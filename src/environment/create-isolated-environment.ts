import type { ScannedBundle } from '../effects/index.js';
import { createEnvironmentWithRuntime } from './create-environment.js';
import type { Environment } from './environment.js';
import type { EnvironmentOptions } from './options/environment-options.js';
import { resolveOptions } from './options/resolve-options.js';
import { nodeRuntime } from './runtime/node-runtime.js';

/** Creates an environment that ignores `requires` and `group` of every manifest, to check one plugin alone. */
export async function createIsolatedEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const resolved = resolveOptions(options);
  const factory = nodeRuntime(resolved);
  const scan = async () => (await factory.scan()).map(isolate);
  return createEnvironmentWithRuntime({ ...factory, scan }, resolved);
}

function isolate(found: ScannedBundle): ScannedBundle {
  if (!found.ok) return found;
  const { bundle } = found;
  const manifest = { ...bundle.manifest, requires: [], group: undefined };
  return { ...found, bundle: { ...bundle, manifest } };
}
