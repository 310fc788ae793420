import { unlinkSync } from 'node:fs';
import type { Client } from '@grpc/grpc-js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { Environment, EnvironmentEvent, HealthPolicy, PluginStatus } from '../../src/index.js';
import { environmentWith, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';

const restart = { restart: 'temporary' as const };
/** No probe comes by itself while a test runs. */
const unprobed = { intervalMs: 60_000 };

describe('a plugin whose readiness changes', () => {
  it('reports it at once, is called all the same, and is not restarted', async () => {
    const { env, client, id } = await running('healthy', { ...unprobed, watch: true, notServingMs: null });
    const changes = readinessOf(env);
    await callUnary(client, fakeService.SetHealth, { status: 'NOT_SERVING' });
    await status(env, id, ({ ready }) => !ready);
    expect(env.status(id)).toMatchObject({ state: 'healthy', error: { code: 'NOT_SERVING', plugin: id } });
    expect(env.explain(id)).toMatchObject({ summary: expect.stringContaining('NOT_SERVING') as unknown });
    await expect(env.performHealthCheck(id)).rejects.toMatchObject({ code: 'NOT_SERVING' });
    await expect(callUnary(client, fakeService.Echo, Buffer.from('x'))).resolves.toEqual(Buffer.from('x'));
    await callUnary(client, fakeService.SetHealth, { status: 'SERVING' });
    await status(env, id, ({ ready }) => ready);
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 1, error: null });
    expect(changes).toMatchObject([
      { plugin: id, ready: false, error: { code: 'NOT_SERVING' } },
      { plugin: id, ready: true, error: null },
    ]);
    expect(env.explain(id).history.slice(-2)).toMatchObject([
      { state: 'healthy', because: 'it answers NOT_SERVING, and its process still runs' },
      { state: 'healthy', because: 'it answers SERVING again' },
    ]);
  });

  it('is probed where it cannot be watched', async () => {
    const { env, client, id } = await running('healthy', {
      intervalMs: 20,
      watch: false,
      notServingMs: null,
    });
    await callUnary(client, fakeService.SetHealth, { status: 'NOT_SERVING' });
    await status(env, id, ({ ready }) => !ready);
    await callUnary(client, fakeService.SetHealth, { status: 'SERVING' });
    await status(env, id, ({ ready }) => ready);
    expect(env.status(id).health.watched).toBeNull();
  });

  it('is healthy and ready when it has no health service, with its readiness unknown', async () => {
    const { env, id } = await running('no-health-service', { watch: true });
    await status(env, id, ({ health }) => health.watched === false);
    expect(env.status(id)).toMatchObject({ state: 'healthy', ready: true });
  });
});

describe('a health service that does not know the name plugin', () => {
  it.each([
    ['healthy', 'plugin', null],
    ['health-of-the-server-only', 'overall', 'does not know the name "plugin"'],
    ['health-knows-no-names', 'connection', 'only that it answers'],
    ['no-health-service', 'connection', 'only that it answers'],
  ] as const)('of %s is asked for what it knows: %s', async (name, source, words) => {
    const { env, id } = await running(name, { intervalMs: 20, watch: true });
    expect(env.status(id).health.source).toBe(source);
    await status(env, id, ({ health: { passed } }) => passed >= 2);
    expect(env.status(id)).toMatchObject({ state: 'healthy', ready: true, health: { source } });
    if (words !== null) expect(env.explain(id).summary).toContain(words);
  });

  it('has its overall health probed', async () => {
    const { env, client, id } = await running('health-of-the-server-only', {
      intervalMs: 20,
      notServingMs: null,
    });
    await callUnary(client, fakeService.SetHealth, { status: 'NOT_SERVING' });
    await status(env, id, ({ ready }) => !ready);
    expect(env.status(id).error?.message).toContain('the overall health');
  });

  it.each([
    ['health-of-the-server-only', 'does not know the name "plugin"'],
    ['no-health-service', 'no health service'],
  ] as const)('is refused where it is required: %s', async (name, words) => {
    const { env, id } = await environmentWith(name, {
      policy: { restart, health: { requireService: true }, deadlines: { startMs: 1000 } },
    });
    const error: unknown = await env.activate(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'NOT_SERVING' });
    expect((error as { cause: Error }).cause.message).toContain(words);
  });
});

describe('a plugin that is busy with calls', () => {
  const health = { intervalMs: 20, retryIntervalMs: 10, deadlineMs: 200, misses: 1, excuses: 0 };

  it('is not restarted while its health service answers RESOURCE_EXHAUSTED', async () => {
    const { env, client, id } = await running('healthy', health);
    await callUnary(client, fakeService.SetHealth, { status: 'exhausted' });
    await status(env, id, ({ health: { excused } }) => excused >= 5);
    expect(env.status(id)).toMatchObject({
      state: 'healthy',
      generation: 1,
      health: { missed: 0, lastExcuse: 'answered' },
    });
  });

  it.each([null, 1])(
    'is not restarted while it greets new connections, and is when it is frozen (freshDialEvery %s)',
    async (freshDialEvery) => {
      const { env, client, id } = await running('healthy', { ...health, freshDialEvery, busyMs: 600_000 });
      await callUnary(client, fakeService.SetHealth, { status: 'silent' });
      callUnary(client, fakeService.Hang, {}, { deadline: Infinity }).catch(() => undefined);
      await status(env, id, ({ health: { excused } }) => excused >= 3);
      expect(env.status(id)).toMatchObject({
        state: 'healthy',
        health: { missed: 0, lastExcuse: 'busyPlugin' },
      });
      process.kill(env.status(id).pid as number, 'SIGSTOP');
      await until(env, id, 'crashed');
      expect(env.status(id)).toMatchObject({ lastExit: { kind: 'hang' }, health: { missed: 1 } });
    },
  );
});

describe('a plugin that is frozen', () => {
  it('is detected though its watch stream is open', async () => {
    const health = {
      intervalMs: 50,
      retryIntervalMs: 10,
      deadlineMs: 100,
      misses: 2,
      excuses: 0,
      watch: true,
    };
    const { env, id } = await running('healthy', health);
    await status(env, id, ({ health: { watched } }) => watched === true);
    process.kill(env.status(id).pid as number, 'SIGSTOP');
    await until(env, id, 'crashed');
    expect(env.status(id)).toMatchObject({ lastExit: { kind: 'hang' }, health: { missed: 2 } });
  });
});

describe('a plugin whose socket file is removed', () => {
  const health = { intervalMs: 20, retryIntervalMs: 10, misses: 2, freshDialEvery: 2 };

  it('still answers over its old connection, and is stopped gracefully all the same, with a hint', async () => {
    const { env, client, id } = await running('healthy', health);
    unlinkSync((env.status(id).address as string).slice('unix:'.length));
    await expect(callUnary(client, fakeService.Echo, Buffer.from('x'))).resolves.toEqual(Buffer.from('x'));
    await until(env, id, 'crashed');
    const { lastExit } = env.status(id);
    expect(lastExit).toMatchObject({
      kind: 'hang',
      code: 0,
      stopStep: 'requestingShutdown',
      error: { code: 'CONNECT_FAILED' },
    });
    expect(lastExit?.error?.message).toMatch(/socket .* is gone/);
    expect(env.explain(id).hint).toContain('unixSocket.directory');
  });

  it.each(['healthy', 'healthy-on-tcp', 'healthy-with-mtls', 'healthy-with-mtls-on-tcp'] as const)(
    'is not suspected when it is %s: a fresh dial succeeds',
    async (name) => {
      const { env, id } = await running(name, { ...health, freshDialEvery: 1 });
      await status(env, id, ({ health: { passed } }) => passed >= 3);
      expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 1 });
    },
  );
});

describe('a plugin that is only busy', () => {
  it('is not restarted by a host that blocks its own event loop', async () => {
    const health = { intervalMs: 1, retryIntervalMs: 1, deadlineMs: 200, misses: 1, freshDialEvery: null };
    const { env, id } = await running('healthy', health);
    for (let round = 0; round < 4; round += 1) {
      const { passed } = env.status(id).health;
      block(600);
      await status(env, id, (now) => now.health.passed > passed || now.state !== 'healthy');
    }
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 1, health: { missed: 0 } });
  });

  it('is excused for the time in which its host was asleep, which is reported', async () => {
    const health = { intervalMs: 1, retryIntervalMs: 0, deadlineMs: 200, misses: 1e6, excuses: 1e6 };
    const { env, client, id } = await running('healthy', health);
    await callUnary(client, fakeService.SetHealth, { status: 'silent' });
    await status(env, id, ({ health: { lastExcuse } }) => {
      if (lastExcuse !== 'busyHost') block(400);
      return lastExcuse === 'busyHost';
    });
    expect(env.explain(id).summary).toContain('the host was too busy to read the answer');
  });

  it('is excused while it answers calls, up to a limit', async () => {
    const health = { intervalMs: 20, retryIntervalMs: 1, deadlineMs: 300, misses: 1, excuses: 2, busyMs: 0 };
    const { env, client, id } = await running('healthy', { ...health, freshDialEvery: null });
    await callUnary(client, fakeService.SetHealth, { status: 'silent' });
    const excuses = new Set<string | null>();
    while (env.status(id).state === 'healthy') {
      await callUnary(client, fakeService.Echo, Buffer.from('x')).catch(() => undefined);
      excuses.add(env.status(id).health.lastExcuse);
    }
    await until(env, id, 'crashed');
    expect(excuses).toContain('calls');
    expect(env.status(id)).toMatchObject({ lastExit: { kind: 'hang' }, health: { missed: 1, excused: 2 } });
  });
});

async function running(
  name: Parameters<typeof environmentWith>[0],
  health: Partial<HealthPolicy>,
): Promise<{ env: Environment; client: Client; id: string }> {
  const { env, id } = await environmentWith(name, {
    policy: { restart, health, deadlines: { termMs: 100 } },
  });
  await env.activate(id);
  return { env, client: fakeClientOf(env, id), id };
}

/** Waits until a plugin's status is as wanted. Not every change of it is told, so it is looked at. */
async function status(env: Environment, id: string, isWanted: (now: PluginStatus) => boolean): Promise<void> {
  while (!isWanted(env.status(id))) await new Promise((resolve) => setTimeout(resolve, 5));
}

function readinessOf(env: Environment): EnvironmentEvent[] {
  const seen: EnvironmentEvent[] = [];
  env.events.subscribe((event) => {
    if (event.type === 'plugin.readiness') seen.push(event);
  });
  return seen;
}

/** Keeps this process's event loop from doing anything else. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
