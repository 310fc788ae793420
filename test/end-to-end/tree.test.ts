import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import {
  createEnvironment,
  type Environment,
  type EnvironmentEvent,
  type EnvironmentOptions,
} from '../../src/index.js';
import { afterTest, isAlive, until } from '../support/environment.js';

const [store, api, web] = ['com.example.store', 'com.example.api', 'com.example.web'];

/** An environment over bundles with real processes; the keys of each manifest. */
async function environmentWithBundles(
  bundles: Readonly<Record<string, object>>,
  options: Partial<EnvironmentOptions> = {},
): Promise<{ env: Environment; events: EnvironmentEvent[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'espalier-tree-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  for (const [id, manifest] of Object.entries(bundles))
    makeFakeBundle('healthy', { id, directory, manifest, interpreter: 'link' });
  const policy = {
    deadlines: { drainMs: 0, startMs: 20_000 },
    restart: { backoff: { firstMs: 0, baseMs: 0 } },
  };
  const env = await createEnvironment({ pluginDir: directory, mtls: 'off', policy, ...options });
  afterTest(() => env.shutdown());
  const events: EnvironmentEvent[] = [];
  env.events.subscribe((event) => events.push(event));
  return { env, events };
}

function pidOf(env: Environment, id: string): number {
  return env.status(id).pid ?? 0;
}

function kill(env: Environment, id: string): void {
  process.kill(pidOf(env, id), 'SIGKILL');
}

/** The plugins in the order in which they came into a state. */
function order(events: readonly EnvironmentEvent[], state: string): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'plugin.status' && event.status.state === state && event.from !== state
      ? [event.plugin]
      : [],
  );
}

describe('a group of real plugins under one-for-all', () => {
  it('stops and starts with the one that is killed, and leaves no process behind', async () => {
    const { env, events } = await environmentWithBundles(
      { [store]: { group: 'shop' }, [api]: { group: 'shop', requires: [store] }, [web]: {} },
      { groups: { shop: { strategy: 'one-for-all' } } },
    );
    const started = await env.activateAll();
    expect(started).toEqual([api, store, web].map((id) => ({ id, activated: true, error: null })));
    const before = { store: pidOf(env, store), api: pidOf(env, api), web: pidOf(env, web) };
    kill(env, store);
    await until(env, store, 'restarting');
    await until(env, api, 'healthy');
    expect(env.status(store)).toMatchObject({ state: 'healthy', generation: 2, restarts: 1 });
    expect(env.status(api)).toMatchObject({ generation: 2, restarts: 1 });
    expect(env.status(web)).toMatchObject({ generation: 1, pid: before.web });
    expect([before.store, before.api].map(isAlive)).toEqual([false, false]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'supervisor.restarting',
        supervisor: 'shop',
        context: 'childTerminated',
        offender: store,
        affected: [store, api],
      }),
    );
    const pids = [store, api, web].map((id) => pidOf(env, id));
    await env.shutdown();
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(order(events, 'stopping').slice(-2)).toEqual(expect.arrayContaining([store]));
    expect(order(events, 'idle').filter((id) => id !== web)).toEqual([api, store]);
  });

  it('gives up when its restart intensity is exceeded', async () => {
    const { env, events } = await environmentWithBundles(
      { [store]: { group: 'shop' }, [api]: { group: 'shop' } },
      { groups: { shop: { strategy: 'one-for-all', intensity: 0 } } },
    );
    await env.activateAll();
    kill(env, api);
    await until(env, store, 'failed');
    expect(env.status(api).state).toBe('failed');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'supervisor.gaveUp',
        supervisor: 'shop',
        offender: api,
        escalatesTo: 'root',
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'plugin.gaveUp',
        plugin: store,
        error: expect.objectContaining({ code: 'PLUGIN_GAVE_UP' }) as unknown,
      }),
    );
    expect(env.tree().children).toMatchObject([
      { kind: 'supervisor', supervisor: { name: 'shop', state: 'failed' } },
    ]);
  });
});

describe('what plugins require', () => {
  it('is started before them, and stopped after them', async () => {
    const { env, events } = await environmentWithBundles({
      [web]: { requires: [api] },
      [api]: { requires: [store] },
      [store]: {},
    });
    await env.activate(web);
    expect(order(events, 'healthy')).toEqual([store, api, web]);
    expect(env.requiredBy(store)).toEqual([api, web]);
    await expect(env.deactivate(store)).resolves.toBe(true);
    expect(order(events, 'idle')).toEqual([web, api, store]);
    const [why] = events.flatMap((event) =>
      event.type === 'plugin.status' && event.plugin === web && event.status.state === 'stopping'
        ? [event.because]
        : [],
    );
    expect(why).toBe(`requirement.deactivated ${store}`);
    expect(env.explain(web).history.map(({ because }) => because)).toContain(
      `${store}, which it requires, was deactivated`,
    );
  });

  it('is not stopped where it is activated again before its stop', async () => {
    const { env } = await environmentWithBundles({ [web]: { requires: [store] }, [store]: {} });
    await env.activate(web);
    const pid = pidOf(env, store);
    const leaving = env.deactivate(store);
    await expect(env.activate(store)).resolves.toMatchObject({ activated: true });
    await expect(leaving).resolves.toBe(false);
    await until(env, web, 'idle');
    expect(env.status(store)).toMatchObject({ state: 'healthy', pid });
  });

  it('that is missing, cyclic or in no group is reported by name, and the rest starts', async () => {
    const { env } = await environmentWithBundles(
      {
        [store]: {},
        'com.example.lost': { requires: ['com.example.nobody'] },
        'com.example.one': { requires: ['com.example.two'] },
        'com.example.two': { requires: ['com.example.one'] },
        'com.example.after': { requires: ['com.example.lost'] },
        'com.example.stray': { group: 'nowhere' },
        'com.example.upon': { requires: ['com.example.stray'] },
        'com.example.vain': { significant: true },
      },
      { groups: { shop: {} } },
    );
    const started = await env.activateAll();
    expect(started).toEqual([{ id: store, activated: true, error: null }]);
    const problem = (id: string) => env.status(id).error;
    expect(problem('com.example.lost')).toMatchObject({
      code: 'REQUIREMENT_UNMET',
      facts: { missing: 'com.example.nobody' },
    });
    expect(problem('com.example.one')?.message).toBe(
      'The plugin requires itself: com.example.one → com.example.two → com.example.one.',
    );
    expect(problem('com.example.after')).toMatchObject({
      code: 'REQUIREMENT_UNMET',
      facts: { requirement: 'com.example.lost' },
    });
    expect(problem('com.example.upon')).toMatchObject({
      message: 'The plugin requires com.example.stray, which cannot be run.',
      facts: { requirement: 'com.example.stray' },
    });
    expect(problem('com.example.stray')?.hint).toContain('root, shop');
    expect(problem('com.example.vain')).toMatchObject({ code: 'MANIFEST_INVALID' });
    expect(env.statuses().filter(({ state }) => state === 'invalid')).toHaveLength(7);
    await expect(env.activate('com.example.lost')).rejects.toMatchObject({ code: 'REQUIREMENT_UNMET' });
  });

  it('that cannot be started is the cause of the error of its dependents', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'espalier-tree-'));
    afterTest(() => {
      rmSync(directory, { recursive: true, force: true });
    });
    makeFakeBundle('exits-3-before-the-line', { id: store, directory });
    makeFakeBundle('healthy', { id: api, directory, manifest: { requires: [store] } });
    const env = await createEnvironment({
      pluginDir: directory,
      policy: { restart: { restart: 'temporary' } },
    });
    afterTest(() => env.shutdown());
    await expect(env.activate(api)).rejects.toMatchObject({
      code: 'REQUIREMENT_UNMET',
      plugin: api,
      facts: { requirement: store },
      cause: { code: 'EXITED_BEFORE_HANDSHAKE', plugin: store },
    });
    await until(env, api, 'idle');
  });
});

describe('groups in the options', () => {
  it.each<[string, EnvironmentOptions['groups']]>([
    ['groups.a.parent names the unknown group b', { a: { parent: 'b' } }],
    ['groups: a belongs to b belongs to a', { a: { parent: 'b' }, b: { parent: 'a' } }],
    ['groups.a.strategy must be one of', { a: { strategy: 'all' as 'one-for-all' } }],
    ['groups.a.intensity must be', { a: { intensity: -1 } }],
    ['groups.a.periodMs must be', { a: { periodMs: Number.NaN } }],
    ['groups.a.stratgy is not known', { a: { stratgy: 'one-for-all' } as object }],
    ['groups: x is a member of both a and b', { a: { members: ['x'] }, b: { members: ['X'] } }],
    ['groups.root.parent', { root: { parent: 'a' }, a: {} }],
    ['groups.a.autoShutdown', { a: { autoShutdown: 'always' as 'never' } }],
  ])('are refused: %s', async (message, groups) => {
    await expect(createEnvironment({ bundles: [], groups })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('put plugins in order, over what the manifests say', async () => {
    const { env } = await environmentWithBundles(
      { [api]: { group: 'other' }, [store]: {}, [web]: {} },
      { groups: { shop: { strategy: 'rest-for-one', members: [web, store, api] }, other: {} } },
    );
    const [, shop] = env.tree().children;
    expect(env.tree().children).toHaveLength(2);
    expect([env.tree().children[0], shop]).toContainEqual(
      expect.objectContaining({
        supervisor: expect.objectContaining({
          name: 'shop',
          strategy: 'rest-for-one',
          children: [
            { kind: 'plugin', id: web, significant: false, after: [] },
            { kind: 'plugin', id: store, significant: false, after: [web] },
            { kind: 'plugin', id: api, significant: false, after: [web, store] },
          ],
        }) as unknown,
      }),
    );
  });
});
