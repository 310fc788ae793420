import type { FailedReason, PluginState } from '../../../src/model/index.js';
import { mattermostStateOf, type MattermostState } from '../../../src/policy/index.js';

const states: Readonly<Record<PluginState, readonly [never: MattermostState, once: MattermostState]>> = {
  idle: ['NotRunning', 'NotRunning'],
  pending: ['Starting', 'Starting'],
  spawning: ['Starting', 'Starting'],
  handshaking: ['Starting', 'Starting'],
  healthy: ['Running', 'Running'],
  stopping: ['Stopping', 'Stopping'],
  crashed: ['FailedToStart', 'FailedToStayRunning'],
  restarting: ['FailedToStart', 'FailedToStayRunning'],
  failed: ['FailedToStart', 'FailedToStart'],
  invalid: ['FailedToStart', 'FailedToStart'],
};

const cases = Object.entries(states).flatMap(([state, [never, once]]) => [
  [state as PluginState, false, never] as const,
  [state as PluginState, true, once] as const,
]);

describe("the Mattermost server's state of a plugin", () => {
  it.each(cases)('that is %s, and was healthy: %s, is %s', (state, wasHealthy, expected) => {
    expect(mattermostStateOf({ state, wasHealthy, failedReason: null })).toBe(expected);
  });

  it.each<FailedReason>(['FailedToStart', 'FailedToStayRunning'])(
    'that failed is the reason: %s',
    (failedReason) => {
      expect(mattermostStateOf({ state: 'failed', wasHealthy: true, failedReason })).toBe(failedReason);
    },
  );
});
