import { isAlive, environmentWith, until } from '../../support/environment.js';
import type { Environment } from '../../../src/index.js';

type Call = 'activate' | 'deactivate' | 'restart' | 'remove' | 'check' | 'shutdown';

/** The outcome of a call as text: what it resolved with, or its error code. */
async function outcomeOf(env: Environment, id: string, call: Call): Promise<string> {
  try {
    switch (call) {
      case 'activate':
        return `activated ${(await env.activate(id)).activated}`;
      case 'deactivate':
        return `deactivated ${await env.deactivate(id)}`;
      case 'restart':
        await env.restartPlugin(id);
        return 'restarted';
      case 'remove':
        await env.removePlugin(id);
        return 'removed';
      case 'check':
        await env.performHealthCheck(id);
        return 'checked';
      case 'shutdown':
        await env.shutdown();
        return 'stopped';
    }
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Two calls on a plugin that is not running, the second one before the first has resolved; then their outcomes. */
const onIdle: readonly [Call, Call, string, string][] = [
  ['activate', 'activate', 'activated true', 'activated true'],
  ['activate', 'deactivate', 'PLUGIN_NOT_RUNNING', 'deactivated true'],
  ['activate', 'restart', 'activated true', 'restarted'],
  ['activate', 'remove', 'PLUGIN_NOT_RUNNING', 'removed'],
  ['activate', 'check', 'activated true', 'PLUGIN_NOT_RUNNING'],
  ['activate', 'shutdown', 'ENVIRONMENT_STOPPED', 'stopped'],
  ['deactivate', 'activate', 'deactivated false', 'activated true'],
  ['restart', 'deactivate', 'PLUGIN_NOT_RUNNING', 'deactivated true'],
  ['remove', 'activate', 'removed', 'PLUGIN_NOT_FOUND'],
  ['shutdown', 'activate', 'stopped', 'ENVIRONMENT_STOPPED'],
];

const onHealthy: readonly [Call, Call, string, string][] = [
  ['activate', 'deactivate', 'activated false', 'deactivated true'],
  ['deactivate', 'deactivate', 'deactivated true', 'deactivated true'],
  ['deactivate', 'activate', 'deactivated true', 'activated true'],
  ['deactivate', 'restart', 'deactivated true', 'restarted'],
  ['deactivate', 'remove', 'deactivated true', 'removed'],
  ['deactivate', 'shutdown', 'deactivated true', 'stopped'],
  ['deactivate', 'check', 'deactivated true', 'PLUGIN_NOT_RUNNING'],
  ['restart', 'restart', 'restarted', 'restarted'],
  ['restart', 'activate', 'restarted', 'activated true'],
  ['restart', 'deactivate', 'PLUGIN_NOT_RUNNING', 'deactivated true'],
  ['restart', 'remove', 'PLUGIN_NOT_RUNNING', 'removed'],
  ['restart', 'shutdown', 'ENVIRONMENT_STOPPED', 'stopped'],
  ['remove', 'deactivate', 'removed', 'PLUGIN_NOT_FOUND'],
  ['remove', 'restart', 'removed', 'PLUGIN_NOT_FOUND'],
  ['remove', 'remove', 'removed', 'removed'],
  ['remove', 'check', 'removed', 'PLUGIN_NOT_FOUND'],
  ['remove', 'shutdown', 'removed', 'stopped'],
  ['shutdown', 'shutdown', 'stopped', 'stopped'],
  ['shutdown', 'deactivate', 'stopped', 'ENVIRONMENT_STOPPED'],
  ['shutdown', 'remove', 'stopped', 'ENVIRONMENT_STOPPED'],
];

const policy = { restart: { restart: 'temporary' }, deadlines: { drainMs: 0, startMs: 20_000 } } as const;

async function callTwice(
  from: 'idle' | 'healthy',
  first: Call,
  second: Call,
): Promise<readonly [string, string]> {
  const { env, id } = await environmentWith('healthy', { mtls: 'off', policy });
  if (from === 'healthy') await env.activate(id);
  const pids = new Set<number>();
  env.events.subscribe((event) => {
    if (event.type === 'plugin.status' && event.status.pid !== null) pids.add(event.status.pid);
  });
  const outcomes = await Promise.all([outcomeOf(env, id, first), outcomeOf(env, id, second)]);
  // At most one process may be left: the one of the status.
  const known = env.statuses().find((status) => status.id === id)?.pid ?? null;
  expect([...pids].filter(isAlive)).toEqual(known === null ? [] : [known]);
  return outcomes;
}

describe('two calls at once on one plugin', () => {
  it.each(onIdle)('that is idle: %s and %s result in %j and %j', async (first, second, one, other) => {
    expect(await callTwice('idle', first, second)).toEqual([one, other]);
  });

  it.each(onHealthy)('that is healthy: %s and %s result in %j and %j', async (first, second, one, other) => {
    expect(await callTwice('healthy', first, second)).toEqual([one, other]);
  });
});

describe('a deactivation during a start', () => {
  it.each(['never-prints-a-line', 'never-accepts', 'health-not-serving', 'hangs-in-on-activate'] as const)(
    'stops a plugin that %s',
    async (fake) => {
      const { env, id } = await environmentWith(fake, { mtls: 'off', policy });
      const start = outcomeOf(env, id, 'activate');
      await until(env, id, 'handshaking');
      const pid = env.status(id).pid ?? 0;
      await expect(env.deactivate(id)).resolves.toBe(true);
      expect(await start).toBe('PLUGIN_NOT_RUNNING');
      expect(isAlive(pid)).toBe(false);
    },
  );
});
