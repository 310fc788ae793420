import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeInterpreterPath } from '../../fake-interpreters/index.js';
import { parsePluginRecord } from '../../src/bundle/index.js';
import { waitUntil, guardianOf, killPids } from '../faults/processes.js';
import { canMakeSmallDisk, makeSmallDisk, type SmallDisk } from '../faults/small-disk.js';
import { afterTest, isAlive } from '../support/environment.js';
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
  type HostSetup,
} from '../support/successive-hosts.js';

// In CI a missing mount is a failure; elsewhere the machine may forbid mounts.
const itOnDisk = (await canMakeSmallDisk()) || process.env['CI'] === 'true' ? it : it.skip;

interface SmallDiskSetup extends HostSetup {
  readonly disk: SmallDisk;
  readonly lock: () => Record<string, unknown>;
}

/** A place whose state directory is on a disk of its own. */
async function createSmallDiskSetup(): Promise<SmallDiskSetup> {
  const place = createHostSetup(['healthy'], { orphans: 'end' });
  const disk = await makeSmallDisk(place.home);
  afterTest(() => {
    disk.remove();
  });
  const stateDir = join(disk.view, 'state');
  const file = (id: string): string => join(stateDir, 'plugins', `${id}.json`);
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    ...place,
    disk,
    stateDir,
    file,
    record: (id) => JSON.parse(read(file(id))) as ReturnType<HostSetup['record']>,
    lock: () => JSON.parse(read(join(stateDir, 'host.json'))) as Record<string, unknown>,
    options: { ...place.options, stateDir: join(disk.path, 'state') },
  };
}

/** What a second host over the same directory reports. */
async function startSecondHost({ options, disk }: SmallDiskSetup): Promise<string> {
  const script = `await createEnvironment(argument).then(
      () => console.log('<made>'), ({ code, message }) => console.log('<' + code + ' ' + message + '>'));
    process.exit();`;
  const [, answer = ''] = await startHostProcess(script, options, disk.wrapper).printed(/<(.*)>/);
  return answer;
}

describe('a state directory on a disk that is full', () => {
  itOnDisk('is not taken from a host that lives, and its plugins are left alone', async () => {
    const place = await createSmallDiskSetup();
    const { host, told } = await startHostIn(place, ['healthy'], place.disk.wrapper);
    await waitForRecord(place, 'healthy', isReattachable);
    place.disk.fill();
    expect(await startSecondHost(place)).toMatch(
      new RegExp(`^CONFIG_INVALID .*process ${host.child.pid} has it`),
    );
    expect(runningPids(place)).toEqual([told.pids['healthy']]);
  });

  itOnDisk('is the host’s that had to go on without it as soon as there is room', async () => {
    const place = await createSmallDiskSetup();
    place.disk.fill();
    const { host } = await startHostIn(place, ['healthy'], place.disk.wrapper);
    await host.printed(/stateDirectory unwritable: ENOSPC/);
    expect(existsSync(join(place.stateDir, 'host.json'))).toBe(false);
    place.disk.free();
    await callHost(host, 'restartPlugin', 'healthy');
    await host.printed(/stateDirectory writable/);
    await waitForRecord(place, 'healthy', isReattachable);
    expect(place.lock()).toMatchObject({
      pid: host.child.pid,
      previousHosts: [{ scope: place.lock()['scope'] }],
    });
    expect(place.record('healthy').process?.token).toMatch(
      new RegExp(`^${String(place.lock()['scope'])}[.]`),
    );
    expect(await startSecondHost(place)).toContain(`process ${host.child.pid} has it`);
    await callHost(host, 'shutdown');
    expect((await host.printed(/(?:stateDirectory .*\n[^]*)/))[0].match(/stateDirectory/g)).toHaveLength(2);
  });

  itOnDisk(
    'is not written to by a host that had to go on without it when another one has it by then',
    async () => {
      const place = await createSmallDiskSetup();
      place.disk.fill();
      const first = await startHostIn(place, [], place.disk.wrapper);
      // It comes after every other try to take the directory.
      await callHost(first.host, 'deactivate', 'healthy');
      place.disk.free();
      const second = await startHostIn(place, ['healthy'], place.disk.wrapper);
      await waitForRecord(place, 'healthy', isReattachable);
      const before = place.record('healthy');
      await callHost(first.host, 'setPolicy', 'healthy', { preset: 'otp' });
      await callHost(first.host, 'shutdown');
      expect(place.record('healthy')).toEqual(before);
      expect(place.lock()).toMatchObject({ pid: second.host.child.pid });
    },
  );

  itOnDisk('is written to before its host ends, where there is room by then', async () => {
    const place = await createSmallDiskSetup();
    const { host } = await startHostIn(place, ['healthy'], place.disk.wrapper);
    await waitForRecord(place, 'healthy', isReattachable);
    place.disk.fill();
    await callHost(host, 'deactivate', 'healthy');
    await host.printed(/stateDirectory unwritable: ENOSPC/);
    expect(place.record('healthy').wanted).toBe(true);
    place.disk.free();
    await callHost(host, 'shutdown');
    expect(place.record('healthy')).toMatchObject({ wanted: false, process: null });
  });
});

describe('a lock', () => {
  itOnDisk('is let go of when the environment could not be made after all', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    // Not in the place, as the paths of sockets are short.
    const folder = mkdtempSync(join(tmpdir(), 'd-'));
    const disk = await makeSmallDisk(folder);
    afterTest(() => {
      disk.remove();
      rmSync(folder, { recursive: true, force: true });
    });
    mkdirSync(join(disk.view, 'run'), { mode: 0o700 });
    disk.fill();
    const host = startHostProcess(
      `const make = () => createEnvironment(argument).then(() => 'made', ({ message }) => message);
       console.log('<' + (await make()) + '>');
       process.stdin.once('data', async () => console.log('{' + (await make()) + '}'));`,
      {
        ...place.options,
        stateDir: join(place.home, 'state'),
        unixSocket: { directory: join(disk.path, 'run') },
      },
      disk.wrapper,
    );
    expect((await host.printed(/<(.*)>/))[1]).toMatch(/^ENOSPC/);
    disk.free();
    host.child.stdin?.write('again');
    expect((await host.printed(/[{](.*)[}]/))[1]).toBe('made');
  });

  it('is gone after the shutdown, however soon that comes', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy']);
    await waitForRecord(place, 'healthy', isReattachable);
    await killHost(host);
    const files = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      const { env } = await environmentIn(place);
      if (round % 2 === 1) await new Promise(setImmediate);
      await env.shutdown();
      for (const file of readdirSync(place.stateDir)) files.add(file);
    }
    expect([...files].sort()).toEqual(['host.alive', 'plugins']);
  });
});

describe('a lock that was left', () => {
  it('by a host whose pid was reused is taken over', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy']);
    await waitForRecord(place, 'healthy', isReattachable);
    await killHost(host);
    const other = spawn('/bin/sleep', ['60']);
    afterTest(() => other.kill('SIGKILL'));
    const lock = join(place.stateDir, 'host.json');
    const left = JSON.parse(readFileSync(lock, 'utf8')) as object;
    writeFileSync(lock, JSON.stringify({ ...left, pid: other.pid }));
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started' }]);
    expect(isAlive(other.pid as number)).toBe(true);
  });

  it('still lists a process that was taken over, when no record does', async () => {
    const id = 'outlives-its-host';
    const place = createHostSetup([id, 'healthy']);
    const first = await startHostIn(place, [id]);
    await waitForRecord(place, id, isReattachable);
    await killHost(first.host);
    const second = await startHostIn(place, ['healthy']);
    expect(second.told.restored).toMatchObject([{ outcome: 'reattached' }]);
    await killHost(second.host);
    rmSync(place.file(id));
    const { env } = await environmentIn(place);
    await env.activate(id);
    expect(runningPids(place)).not.toContain(first.told.pids[id]);
    expect(env.status(id).pid).not.toBe(first.told.pids[id]);
  });
});

/** A process makes a path that is longer than any call takes, as a plugin may. */
function makeBottomless(directory: string): void {
  const script = `const name = 'd'.repeat(200);
    for (let depth = 0; depth < 30; depth += 1) {
      require('node:fs').mkdirSync(name);
      process.chdir(name);
    }`;
  execFileSync(process.execPath, ['-e', script], { cwd: directory });
  afterTest(() => execFileSync('rm', ['-rf', join(directory, 'd'.repeat(200))]));
}

describe('a directory that cannot be removed', () => {
  it('of a process that has ended does not prevent that its plugin is restored', async () => {
    const id = 'outlives-its-host';
    const place = createHostSetup([id]);
    const { host, told } = await startHostIn(place, [id]);
    await waitForRecord(place, id, isReattachable);
    await killHost(host);
    killPids([told.pids[id] ?? 0]);
    expect(await waitUntil(() => runningPids(place).length === 0, 5000)).toBe(true);
    makeBottomless(place.record(id).process?.socketDirectory ?? '');
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'processGone' }]);
    expect(env.status(id).state).toBe('healthy');
  });

  it('of a host that was killed does not prevent the next host', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy']);
    await waitForRecord(place, 'healthy', isReattachable);
    const { socketDirectory } = place.record('healthy').process ?? {};
    process.kill(host.child.pid ?? 0, 'SIGSTOP');
    killPids([guardianOf(host.child.pid ?? 0) ?? 0]);
    await killHost(host);
    makeBottomless(socketDirectory ?? '');
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started' }]);
  });
});

describe('a record', () => {
  it('exists for a plugin with any id, longer than a file name too', async () => {
    const command = fakeInterpreterPath('outlives-its-host');
    const ids = ['café', '数'.repeat(40)];
    const place = createHostSetup([], { bundles: [], programs: ids.map((id) => ({ id, command })) });
    const { host, told } = await startHostIn(place, ids);
    const records = (): string[] =>
      readdirSync(join(place.stateDir, 'plugins'))
        .filter((file) => file.endsWith('.json'))
        .map((file) => readFileSync(join(place.stateDir, 'plugins', file), 'utf8'));
    const isRecorded = (): boolean =>
      records().filter((record) => record.includes('"reattach": {')).length === 2;
    expect(await waitUntil(isRecorded, 5000)).toBe(true);
    await killHost(host);
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'reattached' }, { outcome: 'reattached' }]);
    for (const id of ids) expect(env.status(id)).toMatchObject({ generation: 1, pid: told.pids[id] });
  });

  it('counts failures though the wall clock was adjusted while its host ran', async () => {
    const policy = {
      restart: { intensity: 1, periodMs: 600_000, resetAfterMs: null, backoff: { firstMs: 0, baseMs: 0 } },
    } as const;
    const place = createHostSetup(['healthy'], { orphans: 'end', policy });
    const clockOf = (isRight: boolean): string => `
      const wall = Date.now;
      const putRight = () => { Date.now = () => wall() + 3_600_000; };
      if (${isRight}) {
        putRight();
        Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + 3_600_000 });
      }
      const env = await createEnvironment(argument);`;
    const crash = `const reached = (state) => new Promise((resolve) => env.events.subscribe(() => {
        if (state.includes(env.status('healthy').state)) resolve();
      }));
      const again = reached(['restarting', 'failed']).then(() => reached(['healthy', 'failed']));
      process.kill(env.status('healthy').pid, 'SIGKILL');
      await Promise.race([again, reached(['failed'])]);
      console.log(env.status('healthy').state + '.');`;
    const first = startHostProcess(
      `${clockOf(false)} await env.activate('healthy'); putRight(); ${crash}`,
      place.options,
    );
    expect((await first.printed(/(\w+)[.]/))[1]).toBe('healthy');
    await waitForRecord(
      place,
      'healthy',
      (record) => isReattachable(record) && record.failureAges.length === 1,
    );
    await killHost(first);
    const second = startHostProcess(`${clockOf(true)} await env.restore(); ${crash}`, place.options);
    expect((await second.printed(/(\w+)[.]/))[1]).toBe('failed');
  });

  it('is complete at whatever moment of a write its host is killed', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const draft = `${place.file('healthy')}.draft`;
    for (let round = 0; round < 5; round += 1) {
      const host = startHostProcess(
        `const env = await createEnvironment(argument);
         for (let termMs = 0; ; termMs += 1) {
           env.setPolicy('healthy', { deadlines: { termMs } });
           await new Promise(setImmediate);
         }`,
        place.options,
      );
      await waitForRecord(place, 'healthy', ({ policy }) => (policy?.deadlines?.termMs ?? 0) > 1);
      expect(await waitUntil(() => existsSync(draft), 5000)).toBe(true);
      await killHost(host);
      expect(parsePluginRecord(readFileSync(place.file('healthy'), 'utf8'))).toMatchObject({ ok: true });
    }
    const { env, events } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'stopped' }]);
    env.setPolicy('healthy', {});
    await waitForRecord(place, 'healthy', ({ policy }) => policy === undefined);
    expect(existsSync(draft)).toBe(false);
    expect(events.filter(({ type }) => type === 'environment.stateDirectory')).toEqual([]);
  });

  it('has a plugin as stopped that was deactivated before it was restored', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy']);
    await waitForRecord(place, 'healthy', isReattachable);
    await killHost(host);
    const { env } = await environmentIn(place);
    await env.deactivate('healthy');
    expect(place.record('healthy')).toMatchObject({ wanted: false, process: null });
    await env.shutdown();
    const { env: third } = await environmentIn(place);
    expect(await third.restore()).toMatchObject([{ outcome: 'stopped', because: 'notWanted' }]);
  });

  it('of a missing plugin is restored when its bundle is back, also after a failed activation', async () => {
    const place = createHostSetup(['healthy', 'has-hooks'], { orphans: 'end' });
    const { host } = await startHostIn(place, ['healthy']);
    await waitForRecord(place, 'healthy', isReattachable);
    await killHost(host);
    const [bundle, other] = place.bundles;
    const pluginDir = join(place.home, 'plugins');
    mkdirSync(pluginDir);
    const { env } = await environmentIn(place, { bundles: [other?.directory ?? ''], pluginDir });
    for (const ask of [() => env.activate('healthy'), () => env.removePlugin('healthy')])
      await expect(ask()).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    expect(await env.restore()).toMatchObject([
      { id: 'healthy', outcome: 'rejected', because: 'bundleMissing' },
    ]);
    symlinkSync(bundle?.directory ?? '', join(pluginDir, 'healthy'));
    await env.rescan();
    expect(await env.restore()).toMatchObject([{ id: 'healthy', outcome: 'started' }]);
    expect(env.status('healthy')).toMatchObject({ state: 'healthy', generation: 2 });
  });
});
