import {
  PluginError,
  pluginErrorCodes,
  type ExitRecord,
  type PluginErrorCode,
  type RestartPolicy,
  type RestartType,
} from '../../../src/model/index.js';
import {
  composePolicy,
  decideRestart,
  endedNormally,
  presets,
  type RestartDecision,
} from '../../../src/policy/index.js';

const { restart: espalier } = presets.espalier;

function exitOf(more: Partial<ExitRecord> = {}): ExitRecord {
  return {
    kind: 'exit',
    code: 1,
    signal: null,
    phase: 'serving',
    stopStep: null,
    generation: 1,
    at: 0,
    uptimeMs: 1000,
    healthyMs: 900,
    stderrTail: '',
    error: new PluginError({ code: 'PLUGIN_CRASHED', message: 'crashed' }),
    ...more,
  };
}

function decide(
  policy: Partial<RestartPolicy>,
  exit: ExitRecord,
  failures = [0],
  wasHealthy = true,
  random = 0.5,
) {
  return decideRestart({ policy: { ...espalier, ...policy }, exit, failures, wasHealthy, random });
}

const normal = exitOf({ code: 0 });
const abnormal = exitOf({ code: 3 });
const signalled = exitOf({ kind: 'signal', code: null, signal: 'SIGKILL' });
const onItsWayDown = exitOf({ code: 0, phase: 'stopping' });
const hung = exitOf({ kind: 'hang', code: null, signal: 'SIGTERM' });
const unwell = exitOf({ kind: 'health', code: 0 });
const beforeTheLine = exitOf({ kind: 'handshake', code: 0, phase: 'handshake', healthyMs: 0 });

describe('the truth table of exit and restart type', () => {
  it.each<[RestartType, string, ExitRecord, RestartDecision['decision']]>([
    ['permanent', 'a normal exit', normal, 'restart'],
    ['permanent', 'an abnormal exit', abnormal, 'restart'],
    ['permanent', 'a signal', signalled, 'restart'],
    ['permanent', 'a hang', hung, 'restart'],
    ['permanent', 'bad health', unwell, 'restart'],
    ['permanent', 'code 0 before its line', beforeTheLine, 'restart'],
    ['transient', 'a normal exit', normal, 'stop'],
    ['transient', 'an abnormal exit', abnormal, 'restart'],
    ['transient', 'a signal', signalled, 'restart'],
    ['transient', 'a hang', hung, 'restart'],
    ['transient', 'bad health', unwell, 'restart'],
    ['transient', 'code 0 before its line', beforeTheLine, 'restart'],
    ['temporary', 'a normal exit', normal, 'stop'],
    ['temporary', 'an abnormal exit', abnormal, 'stop'],
    ['temporary', 'a signal', signalled, 'stop'],
    ['temporary', 'a hang', hung, 'stop'],
    ['temporary', 'bad health', unwell, 'stop'],
    ['temporary', 'code 0 before its line', beforeTheLine, 'stop'],
  ])('a %s plugin after %s: %s', (restart, _, exit, decision) => {
    expect(decide({ restart }, exit).decision).toBe(decision);
  });

  it('calls an end normal only when the plugin had served and ended by itself with 0', () => {
    const ends = [normal, abnormal, signalled, hung, unwell, beforeTheLine, onItsWayDown];
    expect(ends.map(endedNormally)).toEqual([true, false, false, false, false, false, false]);
  });
});

describe('giving up', () => {
  it('says FailedToStart for a plugin that was never healthy, else FailedToStayRunning', () => {
    const failures = [1, 2, 3, 4, 5];
    expect(decide({}, beforeTheLine, failures, false)).toEqual({
      decision: 'giveUp',
      reason: 'FailedToStart',
    });
    expect(decide({}, abnormal, failures, true)).toEqual({
      decision: 'giveUp',
      reason: 'FailedToStayRunning',
    });
  });

  it('comes with the first failure over the intensity, not before', () => {
    expect(decide({}, abnormal, [1, 2, 3, 4]).decision).toBe('restart');
    expect(decide({}, abnormal, [1, 2, 3, 4, 5]).decision).toBe('giveUp');
  });

  it('comes at once for an intensity of 0', () => {
    expect(decide({ intensity: 0 }, abnormal, [1]).decision).toBe('giveUp');
  });

  it('comes at once for a failed start where the policy does not retry them', () => {
    expect(decide({ retryFailedStart: false }, beforeTheLine)).toEqual({
      decision: 'giveUp',
      reason: 'FailedToStart',
    });
    expect(decide({ retryFailedStart: false }, abnormal).decision).toBe('restart');
  });

  it('is not that of a failed start when it ended while it was stopping', () => {
    expect(decide({ retryFailedStart: false }, exitOf({ phase: 'stopping' })).decision).toBe('restart');
  });

  it('comes at once for a half-open try, however few failures count', () => {
    const question = { policy: espalier, exit: abnormal, failures: [0], wasHealthy: true, random: 0.5 };
    expect(decideRestart({ ...question, halfOpen: true })).toEqual({
      decision: 'giveUp',
      reason: 'FailedToStayRunning',
    });
    expect(decideRestart({ ...question, halfOpen: false }).decision).toBe('restart');
  });

  it('comes at once for exactly the failures that the same try would only repeat', () => {
    const givesUp = (code: PluginErrorCode) =>
      decide({}, exitOf({ error: new PluginError({ code, message: '' }) })).decision === 'giveUp';
    expect(pluginErrorCodes.filter(givesUp)).toEqual([
      'CONFIG_INVALID',
      'MANIFEST_INVALID',
      'INTERPRETER_NOT_FOUND',
      'EXECUTABLE_NOT_FOUND',
      'PATH_ESCAPES_BUNDLE',
      'CHECKSUM_MISMATCH',
      'CORE_VERSION_MISMATCH',
      'APP_VERSION_MISMATCH',
      'NETWORK_UNSUPPORTED',
      'PROTOCOL_UNSUPPORTED',
      'MTLS_UNSUPPORTED',
      'MUX_UNSUPPORTED',
      'RUNNER_LOST',
    ]);
  });
});

describe('the pause before a restart', () => {
  it('is none, then doubles from half a second to a minute, before jitter', () => {
    const pauses = [1, 2, 3, 4, 5, 8, 9, 10, 100].map((count) => {
      const failures = Array.from({ length: count }, (_, index) => index);
      const policy = { intensity: 1000, backoff: { ...espalier.backoff, jitter: 'none' as const } };
      return decide(policy, abnormal, failures);
    });
    expect(pauses.map((decision) => (decision.decision === 'restart' ? decision.delayMs : null))).toEqual([
      0, 500, 1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it.each([
    [0, 0],
    [0.25, 125],
    [0.999, 500],
  ])('is a part of the whole under full jitter: random %p makes %p ms of 500', (random, delayMs) => {
    expect(decide({}, abnormal, [1, 2], true, random)).toEqual({ decision: 'restart', attempt: 2, delayMs });
  });
});

describe('composing a policy', () => {
  it('has the values of the preset that are not overridden', () => {
    expect(composePolicy()).toEqual(presets.espalier);
    expect(composePolicy(undefined, {}, undefined)).toEqual(presets.espalier);
    expect(composePolicy({ preset: 'mattermost' })).toEqual(presets.mattermost);
  });

  it('lets the more particular layer win, number by number', () => {
    const policy = composePolicy(
      { restart: { intensity: 7, backoff: { capMs: 9 } }, health: { misses: 1 } },
      { restart: { intensity: 8 }, deadlines: { startMs: 1 } },
    );
    expect(policy.restart).toEqual({ ...espalier, intensity: 8, backoff: { ...espalier.backoff, capMs: 9 } });
    expect(policy.health).toEqual({ ...presets.espalier.health, misses: 1 });
    expect(policy.deadlines).toEqual({ ...presets.espalier.deadlines, startMs: 1 });
  });

  it('starts anew from a preset that a more particular layer names', () => {
    const policy = composePolicy(
      { restart: { intensity: 7 } },
      { preset: 'mattermost', health: { misses: 5 } },
    );
    expect(policy).toEqual({ ...presets.mattermost, health: { ...presets.mattermost.health, misses: 5 } });
  });
});
