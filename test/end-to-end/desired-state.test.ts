import { existsSync, writeFileSync } from 'node:fs';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { type Environment } from '../../src/index.js';
import { afterTest, until } from '../support/environment.js';
import {
  environmentIn,
  startHostIn,
  isReattachable,
  killHost,
  createHostSetup,
  waitForRecord,
  callHost,
} from '../support/successive-hosts.js';
import { rootActorOf } from '../support/root-actor.js';

const name = 'outlives-its-host';

describe('the desired state', () => {
  it('survives a shutdown; a deactivated plugin stays stopped', async () => {
    const place = createHostSetup(['healthy', 'has-hooks'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy', 'has-hooks']);
    await callHost(host, 'deactivate', 'has-hooks');
    await callHost(host, 'shutdown');
    await host.ended;
    expect([place.record('healthy').wanted, place.record('has-hooks').wanted]).toEqual([true, false]);
    expect(place.record('healthy').process).toBeNull();
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([
      { id: 'has-hooks', outcome: 'stopped', because: 'notWanted' },
      { id: 'healthy', outcome: 'started', because: 'noProcess' },
    ]);
    expect(env.status('has-hooks')).toMatchObject({ state: 'idle', generation: 1 });
    expect(env.status('healthy')).toMatchObject({ state: 'healthy', generation: 2 });
  });

  it('is not changed by a host that restores nothing', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy']);
    await callHost(host, 'shutdown');
    const { env } = await environmentIn(place);
    await env.shutdown();
    expect(place.record('healthy')).toMatchObject({ wanted: true, generation: 1 });
  });

  it('is removed with its plugin', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { env } = await environmentIn(place);
    await env.activate('healthy');
    await waitForRecord(place, 'healthy', ({ wanted }) => wanted);
    await env.removePlugin('healthy');
    expect(existsSync(place.file('healthy'))).toBe(false);
  });

  it('includes that a plugin was given up, with the reason', async () => {
    const place = createHostSetup(['exits-3-before-the-line'], {
      orphans: 'end',
      policy: { restart: { intensity: 1, backoff: { firstMs: 0, baseMs: 0 } } },
    });
    const id = 'exits-3-before-the-line';
    const { env: first } = await environmentIn(place);
    await first.activate(id).catch(() => undefined);
    await until(first, id, 'failed');
    const { generation, error } = first.status(id);
    await first.shutdown();
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'givenUp', error: { code: error?.code } }]);
    expect(env.status(id)).toMatchObject({
      state: 'failed',
      generation,
      wanted: true,
      error: { code: 'EXITED_BEFORE_HANDSHAKE', message: error?.message },
    });
    await env.activate(id).catch(() => undefined);
    expect(env.status(id).generation).toBeGreaterThan(generation);
  });

  it('counts earlier failures for the present restart intensity', async () => {
    const policy = {
      restart: { intensity: 2, periodMs: 600_000, resetAfterMs: null, backoff: { firstMs: 0, baseMs: 0 } },
    } as const;
    const place = createHostSetup(['healthy'], { orphans: 'end', policy });
    const crash = async (env: Environment, next: 'healthy' | 'failed'): Promise<void> => {
      process.kill(env.status('healthy').pid as number, 'SIGKILL');
      await until(env, 'healthy', 'crashed');
      await until(env, 'healthy', next);
    };
    const { env: first } = await environmentIn(place);
    await first.activate('healthy');
    await crash(first, 'healthy');
    await crash(first, 'healthy');
    await first.shutdown();
    const { env } = await environmentIn(place);
    await env.restore();
    expect(env.status('healthy')).toMatchObject({ restarts: 2, generation: 4 });
    await crash(env, 'failed');
  });

  it('is restored in the order of `requires`', async () => {
    const place = createHostSetup([], { orphans: 'end' });
    const store = makeFakeBundle('healthy', { id: 'store' });
    const shop = makeFakeBundle('healthy', { id: 'a-shop', manifest: { requires: ['store'] } });
    afterTest(() => {
      store.remove();
      shop.remove();
    });
    const bundles = [shop.directory, store.directory];
    const { env: first } = await environmentIn(place, { bundles });
    await first.activate('a-shop');
    await first.shutdown();
    const { env, events } = await environmentIn(place, { bundles });
    expect((await env.restore()).map(({ outcome }) => outcome)).toEqual(['started', 'started']);
    const healthy = events.flatMap((event) =>
      event.type === 'plugin.status' && event.status.state === 'healthy' ? [event.plugin] : [],
    );
    expect(healthy).toEqual(['store', 'a-shop']);
  });
});

describe('the policy that an operator has set', () => {
  const temporary = { restart: { restart: 'temporary' } } as const;
  const restartOf = (env: Environment) =>
    rootActorOf(env)
      .getSnapshot()
      .context.members.map(({ policy }) => policy.restart.restart);

  it('applies under the next host, until it is reset', async () => {
    const place = createHostSetup([name]);
    const { host } = await startHostIn(place, [name]);
    await callHost(host, 'setPolicy', name, temporary);
    await waitForRecord(place, name, (record) => isReattachable(record) && record.policy !== undefined);
    await killHost(host);
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'reattached' }]);
    expect(restartOf(env)).toEqual(['temporary']);
    process.kill(env.status(name).pid as number, 'SIGKILL');
    await until(env, name, 'crashed');
    expect(env.status(name)).toMatchObject({ wanted: false, generation: 1 });
    env.setPolicy(name, {});
    await waitForRecord(place, name, ({ policy }) => policy === undefined);
    await env.shutdown();
    const { env: third } = await environmentIn(place);
    await third.activate(name);
    expect(restartOf(third)).toEqual(['permanent']);
    process.kill(third.status(name).pid as number, 'SIGKILL');
    await until(third, name, 'restarting');
  });

  it('is recorded for a plugin that was never started', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place);
    await callHost(host, 'setPolicy', 'healthy', temporary);
    await waitForRecord(place, 'healthy', ({ policy }) => policy?.restart?.restart === 'temporary');
    await killHost(host);
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'stopped', because: 'notWanted' }]);
    expect(restartOf(env)).toEqual(['temporary']);
  });

  it('changes nothing else about a plugin that was not restored yet', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy']);
    await waitForRecord(place, 'healthy', isReattachable);
    await killHost(host);
    const { env } = await environmentIn(place);
    const before = place.record('healthy');
    env.setPolicy('healthy', temporary);
    await waitForRecord(place, 'healthy', ({ policy }) => policy !== undefined);
    expect(place.record('healthy')).toEqual({ ...before, policy: temporary });
    await env.shutdown();
    expect(place.record('healthy')).toMatchObject({ wanted: true, policy: temporary });
    const { env: third } = await environmentIn(place);
    expect(await third.restore()).toMatchObject([{ outcome: 'started' }]);
    expect(restartOf(third)).toEqual(['temporary']);
  });

  it('is removed with its plugin', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { env } = await environmentIn(place);
    env.setPolicy('healthy', temporary);
    await waitForRecord(place, 'healthy', ({ policy }) => policy !== undefined);
    await env.removePlugin('healthy');
    expect(existsSync(place.file('healthy'))).toBe(false);
    await env.rescan();
    expect(restartOf(env)).toEqual(['permanent']);
  });

  it('that has become invalid has its file set aside; other plugins are restored', async () => {
    const place = createHostSetup(['healthy', 'has-hooks'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy', 'has-hooks']);
    await callHost(host, 'shutdown');
    await host.ended;
    const broken = { ...place.record('healthy'), policy: { restart: { restart: 'sometimes' } } };
    writeFileSync(place.file('healthy'), JSON.stringify(broken));
    const { env, events } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ id: 'has-hooks', outcome: 'started' }]);
    expect(events.find(({ type }) => type === 'environment.stateDirectory')).toMatchObject({
      state: 'quarantined',
      file: `${place.file('healthy')}.aside-1`,
      problem: expect.stringContaining('policy.restart.restart') as string,
    });
    await env.activate('healthy');
    expect(restartOf(env)).toEqual(['permanent', 'permanent']);
  });
});
