import { existsSync } from 'node:fs';
import type { PluginErrorCode, PluginPhase } from '../../src/index.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { environmentWith, isAlive } from '../support/environment.js';

const startMs = 700;

/** What becomes of the start of each fake interpreter that cannot be started. */
const refusals: readonly (readonly [FakeInterpreterName, PluginErrorCode, PluginPhase])[] = [
  ['never-prints-a-line', 'START_TIMEOUT', 'handshake'],
  ['prints-netrpc', 'PROTOCOL_UNSUPPORTED', 'handshake'],
  ['prints-too-few-fields', 'HANDSHAKE_UNRECOGNIZED', 'handshake'],
  ['wrong-core-version', 'CORE_VERSION_MISMATCH', 'handshake'],
  ['wrong-application-version', 'APP_VERSION_MISMATCH', 'handshake'],
  ['prints-garbage', 'HANDSHAKE_UNRECOGNIZED', 'handshake'],
  ['prints-garbage-and-exits', 'EXITED_BEFORE_HANDSHAKE', 'handshake'],
  ['line-over-64-kib', 'HANDSHAKE_UNRECOGNIZED', 'handshake'],
  ['line-without-newline-then-hangs', 'START_TIMEOUT', 'handshake'],
  ['exits-0-before-the-line', 'EXITED_BEFORE_HANDSHAKE', 'handshake'],
  ['exits-3-before-the-line', 'EXITED_BEFORE_HANDSHAKE', 'handshake'],
  ['exits-after-the-line', 'EXITED_BEFORE_HANDSHAKE', 'dial'],
  ['never-accepts', 'CONNECT_FAILED', 'dial'],
  ['accepts-but-never-answers', 'CONNECT_FAILED', 'dial'],
  ['health-not-serving', 'NOT_SERVING', 'health'],
  ['health-never-answers', 'HEALTH_TIMEOUT', 'health'],
  ['missing-python-module', 'EXITED_BEFORE_HANDSHAKE', 'handshake'],
  ['wrong-cookie', 'EXITED_BEFORE_HANDSHAKE', 'handshake'],
  ['hangs-in-on-activate', 'HOOK_TIMEOUT', 'hooks'],
  ['fails-on-activate', 'HOOK_FAILED', 'hooks'],
];

const starters: readonly FakeInterpreterName[] = [
  'healthy',
  'healthy-on-tcp',
  'blank-first-line',
  'noise-before-the-line',
  'no-health-service',
  'no-controller',
  'no-stdio',
  'floods-stdout',
  'floods-stderr',
  'forks-a-grandchild',
  'ignores-sigterm-and-shutdown',
  'has-hooks',
  'slow-line',
];

const policy = {
  restart: { restart: 'temporary' as const },
  deadlines: { startMs, shutdownMs: 300, termMs: 300, hookMs: 300, drainMs: 100 },
};

describe('a plugin that cannot be started', () => {
  it.each(refusals)('%s: %s in the %s', async (name, code, phase) => {
    const { env, id } = await environmentWith(name, { policy });
    const pids: number[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.status' && event.status.pid !== null) pids.push(event.status.pid);
    });
    await expect(env.activate(id)).rejects.toMatchObject({ name: 'PluginError', code, phase, plugin: id });
    const { error, state, address } = env.status(id);
    expect(state).toBe('crashed');
    expect(address).toBeNull();
    expect(error?.hint).toMatch(/\w/);
    expect(error?.facts).toMatchObject({ stderrTail: expect.any(String) as string });
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe('a plugin with a harmless deviation', () => {
  it.each(starters)('%s becomes healthy and is stopped', async (name) => {
    const { env, id } = await environmentWith(name, {
      policy: { ...policy, deadlines: { ...policy.deadlines, startMs: 5000 } },
    });
    await env.activate(id);
    await env.performHealthCheck(id);
    const { pid, address } = env.status(id);
    await env.deactivate(id);
    expect(isAlive(pid as number)).toBe(false);
    if (address?.startsWith('unix:') === true) expect(existsSync(address.slice('unix:'.length))).toBe(false);
    expect(env.status(id)).toMatchObject({ state: 'idle', error: null });
  });
});
