import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { createEnvironment, type Environment } from '../../src/index.js';
import { waitUntil, guardianOf, killPids } from '../faults/processes.js';
import { seededRandom } from '../../src/policy/index.js';
import { afterTest, isAlive, until } from '../support/environment.js';
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
  callHost,
} from '../support/successive-hosts.js';
import { rootActorOf } from '../support/root-actor.js';

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

describe('another process', () => {
  it('that has got the pid is not signalled', async () => {
    const place = createHostSetup([name]);
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    process.kill(told.pids[name] as number, 'SIGKILL');
    const other = spawn('/bin/sleep', ['60'], { detached: true });
    afterTest(() => other.kill('SIGKILL'));
    const record = place.record(name);
    writeFileSync(
      place.file(name),
      JSON.stringify({ ...record, process: { ...record.process, pid: other.pid } }),
    );
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'pidReused' }]);
    await env.shutdown();
    expect(isAlive(other.pid as number)).toBe(true);
  });

  it('with the same start time is recognised by its missing token', async () => {
    const place = createHostSetup([name]);
    const { host } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    const record = place.record(name);
    writeFileSync(
      place.file(name),
      JSON.stringify({ ...record, process: { ...record.process, token: `0123456789.1.${name}.1` } }),
    );
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'pidReused' }]);
  });
});

describe('plugins that end with their host', () => {
  it('are all ended and then started again', async () => {
    const place = createHostSetup([name, 'double-forks'], { orphans: 'end' });
    const { host, told } = await startHostIn(place, [name, 'double-forks']);
    await killHost(host);
    const { env } = await environmentIn(place);
    const restored = await env.restore();
    expect(restored.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['double-forks', 'started'],
      [name, 'started'],
    ]);
    for (const id of [name, 'double-forks']) {
      expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 2 });
      expect(runningPids(place)).not.toContain(told.pids[id]);
    }
    expect(runningPids(place)).toHaveLength(3);
  });

  it('are ended also when their guardian was killed with the host', async () => {
    const place = createHostSetup([name], { orphans: 'end' });
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, ({ process }) => process !== null);
    process.kill(host.child.pid ?? 0, 'SIGSTOP');
    killPids([guardianOf(host.child.pid ?? 0) ?? 0]);
    await killHost(host);
    expect(runningPids(place)).toEqual([told.pids[name]]);
    const { env } = await environmentIn(place, { reapOrphans: false });
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'orphansEnd' }]);
    expect(runningPids(place)).toEqual([env.status(name).pid]);
  });
});

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

describe('a state directory', () => {
  it('belongs to one host at a time; that of a dead one is taken over', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place);
    await expect(createEnvironment(place.options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`process ${host.child.pid} has it`) as string,
    });
    await killHost(host);
    const { env } = await environmentIn(place);
    await expect(createEnvironment(place.options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(readdirSync(place.runtime)).toHaveLength(1);
    await env.shutdown();
    expect(readdirSync(place.stateDir)).not.toContain('host.json');
  });

  it('is taken over by one of several hosts that find that of a dead one at the same time', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place);
    await killHost(host);
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => createEnvironment(place.options)));
    const made = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const env of made) afterTest(() => env.shutdown());
    expect(made).toHaveLength(1);
    expect(readdirSync(place.stateDir).sort()).toEqual(['host.alive', 'host.json']);
    for (const one of all)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each<[string, string, RegExp]>([
    ['half a record', '{ "espalier": 2, "plugin": "heal', /it is not JSON/],
    ['nothing', '', /empty/],
    ['somebody else’s file', '{ "name": "package" }', /not a record/],
    ['a record of an earlier version', '{ "espalier": 1, "plugin": "healthy" }', /format is 1/],
    ['a record of a newer version', '{ "espalier": 3, "wish": "run" }', /format is 3/],
    ['a record with a field that is none', '{ "espalier": 2, "plugin": 7 }', /plugin/],
  ])('with %s in it sets that aside, reports it, and continues', async (_, text, problem) => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    mkdirSync(join(place.stateDir, 'plugins'), { recursive: true });
    writeFileSync(place.file('healthy'), text);
    const { env, events } = await environmentIn(place);
    expect(await env.restore()).toEqual([]);
    await env.activate('healthy');
    const told = events.find((event) => event.type === 'environment.stateDirectory');
    expect(told).toMatchObject({
      state: 'quarantined',
      file: `${place.file('healthy')}.aside-1`,
      problem: expect.stringMatching(problem) as string,
    });
    expect(readFileSync(`${place.file('healthy')}.aside-1`, 'utf8')).toBe(text);
    await waitForRecord(place, 'healthy', ({ wanted }) => wanted);
  });

  it('that cannot be written is reported once, and again when it can; plugins are not affected', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { env, events } = await environmentIn(place);
    await env.activate('healthy');
    await waitForRecord(place, 'healthy', isReattachable);
    // No file can take the place of a directory.
    rmSync(place.file('healthy'));
    mkdirSync(place.file('healthy'));
    await env.restartPlugin('healthy').catch(() => undefined);
    const told = () =>
      events.flatMap((event) => (event.type === 'environment.stateDirectory' ? [event] : []));
    expect(await waitUntil(() => told().length > 0, 3000)).toBe(true);
    expect(told()[0]).toMatchObject({
      state: 'unwritable',
      problem: expect.stringContaining('EISDIR') as string,
    });
    expect(env.status('healthy').state).toBe('healthy');
    rmdirSync(place.file('healthy'));
    await env.restartPlugin('healthy');
    expect(await waitUntil(() => told().length === 2, 3000)).toBe(true);
    expect(told()[1]).toMatchObject({ state: 'writable', problem: null });
    await waitForRecord(place, 'healthy', ({ generation }) => generation === 3);
  });

  it('that is invalid is refused at once', async () => {
    const place = createHostSetup(['healthy']);
    writeFileSync(place.stateDir, 'a file');
    await expect(createEnvironment(place.options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(place.stateDir) as string,
    });
    await expect(createEnvironment({ ...place.options, stateDir: '' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('stateDir') as string,
    });
    expect(readdirSync(place.runtime)).toEqual([]);
  });
});

describe('hosts that are killed at random moments, one after the other', () => {
  it('keep the desired state, and never have two processes of one plugin', async () => {
    const place = createHostSetup([name, 'talks-without-its-host', 'healthy-on-tcp']);
    const ids = [name, 'talks-without-its-host'];
    const random = seededRandom(7);
    const { host } = await startHostIn(place, [...ids, 'healthy-on-tcp']);
    await callHost(host, 'deactivate', 'healthy-on-tcp');
    await killHost(host);
    const generations = new Map(ids.map((id) => [id, 1]));
    for (let round = 0; round < 20; round += 1) {
      const next = startHostProcess(
        `const env = await createEnvironment(argument);
         process.stdout.write('made\\n');
         await env.restore();
         for (const id of env.active()) if (Math.random() < 0.3) env.restartPlugin(id).catch(() => undefined);`,
        place.options,
      );
      await next.printed(/made/);
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      await killHost(next);
      expect([...new Set(ids.map((id) => place.record(id).wanted))]).toEqual([true]);
      expect(place.record('healthy-on-tcp')).toMatchObject({ wanted: false, process: null });
    }
    const { env } = await environmentIn(place);
    await env.restore();
    expect(env.statuses().map(({ id, state }) => [id, state])).toEqual([
      ['healthy-on-tcp', 'idle'],
      [name, 'healthy'],
      ['talks-without-its-host', 'healthy'],
    ]);
    const served = ids.map((id) => env.status(id).pid as number);
    expect(runningPids(place).sort()).toEqual(served.sort());
    for (const id of ids) expect(env.status(id).generation).toBeGreaterThanOrEqual(generations.get(id) ?? 0);
    await env.shutdown();
    expect(runningPids(place)).toEqual([]);
    expect(readdirSync(place.runtime)).toEqual([]);
  }, 300_000);
});
