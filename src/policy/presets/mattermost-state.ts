import type { PluginStatus } from '../../model/index.js';

/** The states that the Mattermost server shows for a plugin. */
export type MattermostState =
  'NotRunning' | 'Starting' | 'Running' | 'FailedToStart' | 'FailedToStayRunning' | 'Stopping';

/** Translates a status into the state that the Mattermost server shows for a plugin. */
export function mattermostStateOf({
  state,
  wasHealthy,
  failedReason,
}: Pick<PluginStatus, 'state' | 'wasHealthy' | 'failedReason'>): MattermostState {
  switch (state) {
    case 'idle':
      return 'NotRunning';
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
    case 'invalid':
      return 'FailedToStart';
  }
}
