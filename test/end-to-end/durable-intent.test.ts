import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { waitUntil } from '../faults/processes.js';
import { isAlive, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';
import { startHostProcess } from '../support/host-process.js';
import {
  environmentIn,
  startHostIn,
  isReattachable,
  killHost,
  createHostSetup,
  waitForRecord,
  runningPids,
} from '../support/successive-hosts.js';

const name = 'outlives-its-host';

describe('plugins that may outlive their host', () => {
  it('are served by the next one with the same processes and the same generations', async () => {
    const place = createHostSetup([name, 'talks-without-its-host']);
    const { host, told } = await startHostIn(place, [name, 'talks-without-its-host']);
    await waitForRecord(place, name, isReattachable);
    await waitForRecord(place, 'talks-without-its-host', isReattachable);
    await killHost(host);
    const { env } = await environmentIn(place);
    const restored = await env.restore();
    expect(restored.map(({ outcome }) => outcome)).toEqual(['reattached', 'reattached']);
    for (const { id, pid, generation, state, wanted } of env.statuses()) {
      expect({ id, pid, generation, state, wanted }).toEqual({
        id,
        pid: told.pids[id],
        generation: 1,
        state: 'healthy',
        wanted: true,
      });
    }
    expect(String(await callUnary(fakeClientOf(env, name), fakeService.Echo, Buffer.from('hi')))).toBe('hi');
    await env.restartPlugin(name);
    expect(env.status(name).generation).toBe(2);
    await env.shutdown();
    expect(runningPids(place)).toEqual([]);
    expect(readdirSync(place.runtime)).toEqual([]);
  });

  it.each<[string, (place: ReturnType<typeof createHostSetup>) => void, object]>([
    ['that is no use to it', () => undefined, { handshake: { protocolVersions: [2] } }],
    [
      'that no record tells of',
      (place) => {
        rmSync(place.file(name));
      },
      {},
    ],
  ])('do not end a host that only has to stop one %s', async (_, prepare, changes) => {
    const place = createHostSetup([name]);
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    prepare(place);
    const next = startHostProcess(
      `const env = await createEnvironment(argument);
       await env.restore();
       process.stdout.write('restored');
       await env.shutdown();`,
      { ...place.options, ...changes },
    );
    await next.printed(/restored/);
    expect(await next.ended).toBe(0);
    // Whoever has adopted it may take a moment to reap it.
    expect(await waitUntil(() => !isAlive(told.pids[name] ?? 0), 5000)).toBe(true);
  });

  it('pass from host to host', async () => {
    const place = createHostSetup([name]);
    const first = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(first.host);
    const second = await startHostIn(place);
    expect(second.told.restored).toMatchObject([{ outcome: 'reattached', because: 'alive' }]);
    await killHost(second.host);
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'reattached' }]);
    expect(env.status(name)).toMatchObject({ pid: first.told.pids[name], generation: 1 });
    await env.shutdown();
    expect(readdirSync(place.runtime)).toEqual([]);
  });

  it('may print without a host, and are logged by the next one', async () => {
    const id = 'talks-without-its-host';
    const place = createHostSetup([id]);
    const { host, told } = await startHostIn(place, [id]);
    await waitForRecord(place, id, isReattachable);
    await killHost(host);
    const alive = told.pids[id] as number;
    const { env, events } = await environmentIn(place);
    await env.restore();
    const words = (): number[] =>
      events.flatMap((event) => {
        const word = event.type === 'plugin.log' ? /^word (\d+)$/.exec(event.entry.message)?.[1] : undefined;
        return word === undefined ? [] : [Number(word)];
      });
    expect(await waitUntil(() => words().length > 20, 5000)).toBe(true);
    // Nothing that was said meanwhile is lost.
    expect(words()).toEqual(words().map((_, index) => (words()[0] ?? 0) + index));
    expect(env.status(id).pid).toBe(alive);
  });

  it('are started again when they were killed in between', async () => {
    const place = createHostSetup([name]);
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    process.kill(told.pids[name] as number, 'SIGKILL');
    expect(await waitUntil(() => runningPids(place).length === 0, 3000)).toBe(true);
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'processGone' }]);
    expect(env.status(name)).toMatchObject({ state: 'healthy', generation: 2 });
    await env.shutdown();
    expect(readdirSync(place.runtime)).toEqual([]);
  });

  it('are supervised like any other: one that crashes is restarted', async () => {
    const place = createHostSetup([name]);
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    const { env } = await environmentIn(place);
    await env.restore();
    process.kill(told.pids[name] as number, 'SIGKILL');
    await until(env, name, 'restarting');
    await until(env, name, 'healthy');
    expect(env.status(name)).toMatchObject({ generation: 2, restarts: 1 });
    await waitForRecord(place, name, ({ generation, restarts }) => generation === 2 && restarts === 1);
    expect(place.record(name).failureAges).toHaveLength(1);
  });

  it('are ended when their bundle has changed, and started from the new one', async () => {
    const place = createHostSetup([name]);
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(
      place,
      name,
      (record) => isReattachable(record) && record.process?.bundleFingerprint !== null,
    );
    await killHost(host);
    writeFileSync(join(place.bundles[0]?.directory ?? '', 'helper.py'), '# new\n');
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'bundleChanged' }]);
    expect(env.status(name)).toMatchObject({ state: 'healthy', generation: 2 });
    expect(env.status(name).pid).not.toBe(told.pids[name]);
    expect(runningPids(place)).toEqual([env.status(name).pid]);
  });

  it('are ended when their keys are lost, and started again', async () => {
    const place = createHostSetup(['healthy-with-mtls']);
    const { host } = await startHostIn(place, ['healthy-with-mtls']);
    await waitForRecord(place, 'healthy-with-mtls', ({ process }) => process?.notReattachable === 'autoMtls');
    await killHost(host);
    const { env } = await environmentIn(place);
    const [restored] = await env.restore();
    // This one may have noticed the end of its host by itself.
    expect(['autoMtls', 'processGone']).toContain(restored?.because);
    expect(env.status('healthy-with-mtls')).toMatchObject({ state: 'healthy', generation: 2 });
    expect(runningPids(place)).toEqual([env.status('healthy-with-mtls').pid]);
  });

  it('are ended when their bundle is gone; it is restored when it is found again', async () => {
    const place = createHostSetup([name, 'healthy']);
    const { host } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    const [bundle, other] = place.bundles;
    const pluginDir = join(place.home, 'plugins');
    mkdirSync(pluginDir);
    const { env } = await environmentIn(place, { bundles: [other?.directory ?? ''], pluginDir });
    const [restored] = await env.restore();
    expect(restored).toMatchObject({
      id: name,
      outcome: 'rejected',
      because: 'bundleMissing',
      error: { code: 'PLUGIN_NOT_FOUND' },
    });
    expect(runningPids(place)).toEqual([]);
    expect(place.record(name).wanted).toBe(true);
    symlinkSync(bundle?.directory ?? '', join(pluginDir, name));
    await env.rescan();
    expect(await env.restore()).toMatchObject([{ id: name, outcome: 'started' }]);
    expect(env.status(name)).toMatchObject({ state: 'healthy', generation: 2 });
  });

  it('are not started a second time by an activation before they are restored', async () => {
    const place = createHostSetup([name]);
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    const { env } = await environmentIn(place);
    await Promise.all([env.activate(name), env.activate(name)]);
    expect(runningPids(place)).toEqual([told.pids[name]]);
    expect(env.status(name)).toMatchObject({ pid: told.pids[name], generation: 1 });
    expect(await env.restore()).toEqual([]);
  });

  it('are ended when their host died before it had recorded them', async () => {
    const place = createHostSetup([name]);
    const { host } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    rmSync(place.file(name));
    const { env } = await environmentIn(place);
    await env.activate(name);
    expect(runningPids(place)).toEqual([env.status(name).pid]);
  });
});
