import type { FailedReason, MattermostState, PluginState } from '../../../src/model/index.js';
import { mattermostState } from '../../../src/policy/index.js';

describe('the state in the Mattermost server', () => {
  it.each<[PluginState, wasHealthy: boolean, FailedReason | null, MattermostState]>([
    ['idle', false, null, 'NotRunning'],
    ['pending', false, null, 'Starting'],
    ['spawning', false, null, 'Starting'],
    ['handshaking', true, null, 'Starting'],
    ['healthy', true, null, 'Running'],
    ['stopping', true, null, 'Stopping'],
    ['crashed', true, null, 'FailedToStayRunning'],
    ['crashed', false, null, 'FailedToStart'],
    ['restarting', true, null, 'FailedToStayRunning'],
    ['restarting', false, null, 'FailedToStart'],
    ['failed', true, 'FailedToStayRunning', 'FailedToStayRunning'],
    ['failed', true, 'FailedToStart', 'FailedToStart'],
    ['failed', false, null, 'FailedToStart'],
    ['invalid', false, null, 'FailedToStart'],
  ])(
    'of a plugin that is %s (was healthy: %j, reason: %j) is %s',
    (state, wasHealthy, failedReason, expected) => {
      expect(mattermostState({ state, wasHealthy, failedReason })).toBe(expected);
    },
  );
});
