import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import {
  isPluginError,
  type Environment,
  type EnvironmentOptions,
  type PluginStatus,
} from '../../src/index.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { fakeClientOf } from '../support/fake-client.js';
import { afterTest, environmentWith, isAlive, until } from '../support/environment.js';

/** Long enough for a plugin that stops, on a busy machine too; a hook that hangs is not waited for. */
const patient = { startMs: 8000, drainMs: 200, hookMs: 200, shutdownMs: 4000, termMs: 4000, killMs: 4000 };
/** For those that do not want to. */
const hasty = { ...patient, shutdownMs: 200, termMs: 200 };
const restart = { backoff: { firstMs: 60_000 }, intensity: 1, halfOpenAfterMs: 60_000 };
const policy: EnvironmentOptions['policy'] = { restart, deadlines: patient };

/** A program for each phase of a plugin, how the phase is recognised, and the stop step at which it ends. */
const places: readonly (readonly [string, FakeInterpreterName, (now: PluginStatus) => boolean, string])[] = [
  ['reading its line', 'never-prints-a-line', inPhase('handshake'), 'terminating'],
  ['dialling', 'never-accepts', inPhase('dial'), 'terminating'],
  ['probing one that says nothing', 'health-never-answers', inPhase('health'), 'requestingShutdown'],
  ['probing one that is not ready', 'health-not-serving', inPhase('health'), 'requestingShutdown'],
  ['activating', 'hangs-in-on-activate', inPhase('hooks'), 'requestingShutdown'],
  ['healthy', 'healthy', ({ state }) => state === 'healthy', 'requestingShutdown'],
  ['healthy and deaf to all', 'ignores-sigterm-and-shutdown', ({ state }) => state === 'healthy', 'killing'],
  [
    'healthy with a hook that hangs',
    'hangs-in-on-deactivate',
    ({ state }) => state === 'healthy',
    'requestingShutdown',
  ],
];

describe.each(places)('a plugin that is deactivated while it is %s', (_, name, isThere, stopStep) => {
  it('ends at its expected stop step', async () => {
    const { env, id } = await environmentWith(name, { policy: policyFor(stopStep) });
    const start = startOf(env, id);
    const pid = await pidAt(env, id, isThere);
    await env.deactivate(id);
    expect(isAlive(pid)).toBe(false);
    expect(env.status(id)).toMatchObject({
      state: 'idle',
      wanted: false,
      lastExit: { stopStep, error: null },
    });
    expect(['started', 'PLUGIN_NOT_RUNNING']).toContain(await start);
  });

  it('ends with its environment', async () => {
    const { env, id } = await environmentWith(name, { policy: policyFor(stopStep) });
    const start = startOf(env, id);
    const pid = await pidAt(env, id, isThere);
    await env.shutdown();
    expect(isAlive(pid)).toBe(false);
    expect(env.status(id).state).toBe('idle');
    expect(['started', 'PLUGIN_NOT_RUNNING', 'ENVIRONMENT_STOPPED']).toContain(await start);
  });
});

describe('an executor that its driver has put into a session of its own, without the token', () => {
  it('outlives the driver and the environment', async () => {
    const { env, id } = await environmentWith('leaves-an-executor');
    await env.activate(id);
    const { grandchild } = await callUnary(fakeClientOf(env, id), fakeService.Pid, {});
    const executor = grandchild as number;
    afterTest(() => {
      process.kill(executor, 'SIGKILL');
    });
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'crashed');
    await env.shutdown();
    expect(isAlive(executor)).toBe(true);
  });
});

describe('a plugin that is deactivated', () => {
  it('while it is spawned, never serves', async () => {
    const { env, id } = await environmentWith('healthy', { policy });
    const states: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.status') states.push(event.status.state);
    });
    const start = startOf(env, id);
    await env.deactivate(id);
    expect(env.status(id)).toMatchObject({ state: 'idle', wanted: false, pid: null });
    expect(states).not.toContain('healthy');
    expect(await start).toBe('PLUGIN_NOT_RUNNING');
  });

  it('while it is frozen, is killed at the last stop step', async () => {
    const { env, id } = await environmentWith('healthy', { policy: policyFor('killing') });
    await env.activate(id);
    const pid = env.status(id).pid as number;
    process.kill(pid, 'SIGSTOP');
    await env.deactivate(id);
    expect(isAlive(pid)).toBe(false);
    expect(env.status(id)).toMatchObject({
      state: 'idle',
      lastExit: { stopStep: 'killing', signal: 'SIGKILL' },
    });
  });

  it('while it waits for its restart, is not restarted', async () => {
    const { env, id } = await environmentWith('crashes-in-a-loop', { policy });
    await env.activate(id);
    await until(env, id, 'restarting');
    await env.deactivate(id);
    expect(env.status(id)).toMatchObject({ state: 'idle', wanted: false, retryAt: null, generation: 1 });
  });

  it('after it was given up, is not restarted', async () => {
    const { env, id } = await environmentWith('exits-3-before-the-line', {
      policy: { restart: { ...restart, intensity: 0 } },
    });
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'EXITED_BEFORE_HANDSHAKE' });
    expect(env.status(id)).toMatchObject({ state: 'failed' });
    await env.deactivate(id);
    expect(env.status(id)).toMatchObject({ state: 'idle', wanted: false, retryAt: null });
  });

  it('while another process kills it, stays stopped', async () => {
    const { env, id } = await environmentWith('healthy', { policy });
    await env.activate(id);
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await env.deactivate(id);
    expect(env.status(id)).toMatchObject({ state: 'idle', wanted: false, generation: 1 });
  });

  it('and activated at once, is one new generation, whose call resolves', async () => {
    const { env, id } = await environmentWith('healthy', { policy });
    await env.activate(id);
    const down = env.deactivate(id).catch((thrown: unknown) => thrown);
    await expect(env.activate(id)).resolves.toMatchObject({ activated: true });
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 2 });
    await env.deactivate(id);
    expect(await down).toBe(true);
  });
});

function policyFor(stopStep: string): EnvironmentOptions['policy'] {
  return { restart, deadlines: stopStep === 'killing' ? hasty : patient };
}

function inPhase(phase: string) {
  return (now: PluginStatus): boolean => now.state === 'handshaking' && now.phase === phase;
}

/** Starts a plugin and tells how that ended; the end of it is what a test is about. */
function startOf(env: Environment, id: string): Promise<string> {
  return env.activate(id).then(
    () => 'started',
    (thrown: unknown) => (isPluginError(thrown) ? thrown.code : String(thrown)),
  );
}

/** Waits until a plugin is where it should be, and answers its process. Jest's own timeout bounds it. */
async function pidAt(env: Environment, id: string, isThere: (now: PluginStatus) => boolean): Promise<number> {
  while (!isThere(env.status(id))) await new Promise((resolve) => setTimeout(resolve, 5));
  return env.status(id).pid as number;
}
