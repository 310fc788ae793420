import type { PresetName, Supervision, SupervisionPolicy } from '../model/index.js';
import { healthPresets } from './health-presets.js';

const second = 1000;
const minute = 60 * second;

/** One row a preset. Each number can be overridden per environment and per plugin. */
export const presets: Readonly<Record<PresetName, SupervisionPolicy>> = {
  espalier: {
    restart: {
      restart: 'permanent',
      retryFailedStart: true,
      // A first restart at once, as most crashes happen alone; a cap of a minute, as kubelet's users ask for.
      backoff: { firstMs: 0, baseMs: 500, factor: 2, capMs: minute, jitter: 'full' },
      intensity: 4,
      periodMs: 5 * minute,
      resetAfterMs: minute,
      halfOpenAfterMs: 10 * minute,
    },
    health: healthPresets.espalier,
    // 15 s: Python with grpcio needs 0.1 s alone, but seconds when a hundred start together.
    deadlines: {
      startMs: 15 * second,
      drainMs: 5 * second,
      hookMs: 10 * second,
      shutdownMs: 2 * second,
      termMs: 3 * second,
      killMs: 5 * second,
    },
  },
  // The Mattermost server's own numbers: a check every 30 s with three pings, restarts at once, and the third
  // failure within an hour deactivates. Its start limit is 3 s, its hook limit 10 s, go-plugin's grace 2 s.
  mattermost: {
    restart: {
      restart: 'permanent',
      retryFailedStart: false,
      backoff: { firstMs: 0, baseMs: 0, factor: 1, capMs: 0, jitter: 'none' },
      intensity: 2,
      periodMs: 60 * minute,
      resetAfterMs: null,
      halfOpenAfterMs: null,
    },
    health: healthPresets.mattermost,
    deadlines: {
      startMs: 3 * second,
      drainMs: 0,
      hookMs: 10 * second,
      shutdownMs: 2 * second,
      termMs: 0,
      killMs: 5 * second,
    },
  },
};

/**
 * The policy of one plugin, from the most general layer to the most particular one. A layer that names a preset
 * starts anew from it; every other number only overrides its like.
 */
export function composePolicy(...layers: readonly (Supervision | undefined)[]): SupervisionPolicy {
  const given = layers.filter((layer) => layer !== undefined);
  const start = given.findLastIndex((layer) => layer.preset !== undefined);
  return given
    .slice(Math.max(start, 0))
    .reduce<SupervisionPolicy>(override, presets[given[start]?.preset ?? 'espalier']);
}

function override(policy: SupervisionPolicy, layer: Supervision): SupervisionPolicy {
  const backoff = { ...policy.restart.backoff, ...layer.restart?.backoff };
  return {
    restart: { ...policy.restart, ...layer.restart, backoff },
    health: { ...policy.health, ...layer.health },
    deadlines: { ...policy.deadlines, ...layer.deadlines },
  };
}
