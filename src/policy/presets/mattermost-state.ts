import type { MattermostState, PluginStatus } from '../../model/index.js';

/** The state of a plugin in the terms of the Mattermost server, for hosts that show it or store it. */
export function mattermostState({ state, wasHealthy, failedReason }: MattermostInput): MattermostState {
  switch (state) {
    case 'pending':
    case 'spawning':
    case 'handshaking':
      return 'Starting';
    case 'healthy':
      return 'Running';
    case 'stopping':
      return 'Stopping';
    case 'crashed':
    case 'restarting':
      return wasHealthy ? 'FailedToStayRunning' : 'FailedToStart';
    case 'failed':
      return failedReason ?? 'FailedToStart';
    case 'idle':
      return 'NotRunning';
    case 'invalid':
      return 'FailedToStart';
  }
}

type MattermostInput = Pick<PluginStatus, 'state' | 'wasHealthy' | 'failedReason'>;
