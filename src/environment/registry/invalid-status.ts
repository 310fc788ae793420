import type { PluginError, PluginStatus } from '../../model/index.js';

/** The status of a bundle that cannot be run at all. */
export function invalidStatus(id: string, error: PluginError, since: number): PluginStatus {
  return {
    id,
    state: 'invalid',
    phase: null,
    wanted: false,
    mattermostState: 'FailedToStart',
    generation: 0,
    pid: null,
    command: null,
    version: null,
    protocolVersion: null,
    address: null,
    transport: null,
    multiplexed: null,
    stdio: null,
    hooks: null,
    restarts: 0,
    ready: false,
    health: {
      passed: 0,
      missed: 0,
      excused: 0,
      lastExcuse: null,
      lastMs: null,
      watched: null,
      notServingSince: null,
      notServingUntil: null,
    },
    failedReason: null,
    lastExit: null,
    error,
    since,
    retryAt: null,
  };
}
