import type { PluginRuntime, SupervisionOptions, SupervisionPolicy } from '../../model/index.js';
import { presetFor } from './presets.js';

/**
 * The policy of one plugin. A value of a later layer overrides that of an earlier one; a layer that names a preset
 * replaces all layers before it.
 */
export function composePolicy(...layers: readonly (SupervisionOptions | undefined)[]): SupervisionPolicy {
  return composePolicyFor(undefined, ...layers);
}

/** The policy of one plugin of a runtime, whose preset may depend on it. See {@link composePolicy}. */
export function composePolicyFor(
  runtime: PluginRuntime | undefined,
  ...layers: readonly (SupervisionOptions | undefined)[]
): SupervisionPolicy {
  const given = layers.filter((layer) => layer !== undefined);
  const start = given.findLastIndex((layer) => layer.preset !== undefined);
  return given
    .slice(Math.max(start, 0))
    .reduce<SupervisionPolicy>(override, presetFor(given[start]?.preset ?? 'espalier', runtime));
}

function override(policy: SupervisionPolicy, layer: SupervisionOptions): SupervisionPolicy {
  const backoff = { ...policy.restart.backoff, ...layer.restart?.backoff };
  return {
    restart: { ...policy.restart, ...layer.restart, backoff },
    health: { ...policy.health, ...layer.health },
    deadlines: { ...policy.deadlines, ...layer.deadlines },
  };
}
