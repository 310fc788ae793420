import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { createEnvironment, type EnvironmentEvent, type EnvironmentOptions } from '../../src/index.js';
import { pidsWithMarker, guardianOf, killPids } from '../faults/processes.js';
import { afterTest, isAlive } from '../support/environment.js';
import { startHostProcess } from '../support/host-process.js';

type Swept = Extract<EnvironmentEvent, { readonly type: 'environment.orphansReaped' }>;

function hostDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sweep-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** An environment with its directory in this place, and the events of its sweep. */
async function sweptBy(directory: string, options: Partial<EnvironmentOptions> = {}): Promise<Swept[]> {
  const env = await createEnvironment({ programs: [], unixSocket: { directory }, ...options });
  const events: Swept[] = [];
  env.events.subscribe((event) => {
    if (event.type === 'environment.orphansReaped') events.push(event);
  });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  await env.shutdown();
  return events;
}

/** A host that has died together with its guardian, and left two processes. */
async function killedHost(directory: string) {
  const mark = `sweep-test-${process.pid}-${directory}.`;
  const bundle = makeFakeBundle('double-forks');
  const host = startHostProcess(
    `const env = await createEnvironment({ bundles: [argument.bundle], env: { MARK: argument.mark },
       unixSocket: { directory: argument.directory } });
     await env.activate('double-forks');
     process.stdout.write('up');`,
    { bundle: bundle.directory, mark, directory },
  );
  afterTest(() => {
    killPids(pidsWithMarker(mark));
    bundle.remove();
  });
  await host.printed(/up/);
  const pid = host.child.pid ?? 0;
  // Stopped, so that it does not replace the guardian.
  process.kill(pid, 'SIGSTOP');
  killPids([guardianOf(pid) ?? 0]);
  host.child.kill('SIGKILL');
  await host.ended;
  expect(pidsWithMarker(mark)).toHaveLength(2);
  return { mark, pid, directory: join(directory, readdirSync(directory)[0] ?? '') };
}

/** A record as this very process would write it. */
function currentProcessRecord(): Record<string, unknown> {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  const namespace = readlinkSync('/proc/self/ns/pid');
  return {
    version: 1,
    pid: process.pid,
    startTime: `${startTime}@${boot}`,
    namespace,
    scope: '0123456789',
    orphans: 'end',
  };
}

/** The private directory of a host with this record. */
function directoryOf(parent: string, record: unknown, mode = 0o700): string {
  const directory = join(parent, 'espalier-abcdef');
  mkdirSync(directory);
  const text = typeof record === 'string' ? record : JSON.stringify(record);
  writeFileSync(join(directory, 'host.json'), text);
  chmodSync(directory, mode);
  return directory;
}

const dead = (): Record<string, unknown> => {
  const own = currentProcessRecord();
  return { ...own, startTime: String(own['startTime']).replace(/^\d+/, '1') };
};

describe('what a host has left that died with its guardian', () => {
  it('is ended and removed when the next environment is made, and reported', async () => {
    const parent = hostDirectory();
    const { mark, directory } = await killedHost(parent);
    const processes = pidsWithMarker(mark);
    const events = await sweptBy(parent);
    expect(pidsWithMarker(mark)).toEqual([]);
    expect(existsSync(directory)).toBe(false);
    expect(events).toMatchObject([{ because: 'host.died', directories: [directory] }]);
    expect([...(events[0]?.processes ?? [])].sort()).toEqual(processes.sort());
  });

  it('is ended once where several hosts start at the same time', async () => {
    const parent = hostDirectory();
    const { mark } = await killedHost(parent);
    await Promise.all([sweptBy(parent), sweptBy(parent), sweptBy(parent)]);
    expect(pidsWithMarker(mark)).toEqual([]);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('is left where sweeping is switched off', async () => {
    const parent = hostDirectory();
    const { mark, directory } = await killedHost(parent);
    expect(await sweptBy(parent, { reapOrphans: false })).toEqual([]);
    expect(pidsWithMarker(mark)).toHaveLength(2);
    expect(existsSync(directory)).toBe(true);
  });
});

describe('a sweep', () => {
  it('takes a host for dead whose pid was given to another process, and leaves that alone', async () => {
    const parent = hostDirectory();
    const other = spawn('/bin/sleep', ['60']);
    afterTest(() => other.kill('SIGKILL'));
    const directory = directoryOf(parent, { ...dead(), pid: other.pid });
    const events = await sweptBy(parent);
    expect(events).toMatchObject([{ because: 'host.died', processes: [], directories: [directory] }]);
    expect(isAlive(other.pid ?? 0)).toBe(true);
  });

  it('touches nothing of a running host', async () => {
    const parent = hostDirectory();
    const directory = directoryOf(parent, currentProcessRecord());
    const bystander = spawn('/bin/sleep', ['60'], { env: { ESPALIER_TOKEN: '0123456789.1.x.1' } });
    afterTest(() => bystander.kill('SIGKILL'));
    expect(await sweptBy(parent)).toEqual([]);
    expect(existsSync(directory)).toBe(true);
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ['half a record', () => JSON.stringify(dead()).slice(0, 60)],
    ['no object', () => '7'],
    ['a scope that would find strangers', () => ({ ...dead(), scope: '' })],
    ['a version that is not known', () => ({ ...dead(), version: 2 })],
    ['another pid namespace', () => ({ ...dead(), namespace: 'pid:[1]' })],
    ['another boot', () => ({ ...dead(), startTime: '1@another-boot' })],
    ['an unknown start', () => ({ ...dead(), startTime: null })],
    ['plugins that were to be kept', () => ({ ...dead(), orphans: 'keep' })],
  ])('ignores %s', async (_, record) => {
    const parent = hostDirectory();
    const directory = directoryOf(parent, record());
    expect(await sweptBy(parent)).toEqual([]);
    expect(existsSync(directory)).toBe(true);
  });

  it('ignores a directory that others can write to', async () => {
    const parent = hostDirectory();
    const directory = directoryOf(parent, dead(), 0o770);
    expect(await sweptBy(parent)).toEqual([]);
    expect(existsSync(directory)).toBe(true);
  });

  it('ignores a symbolic link', async () => {
    const parent = hostDirectory();
    const elsewhere = directoryOf(hostDirectory(), dead());
    symlinkSync(elsewhere, join(parent, 'espalier-abcdef'));
    expect(await sweptBy(parent)).toEqual([]);
    expect(existsSync(elsewhere)).toBe(true);
  });

  it('ignores the directory of another user', async () => {
    const parent = hostDirectory();
    const directory = directoryOf(parent, dead());
    // Only root could give the directory away; to be another user comes to the same.
    const us = jest.spyOn(process, 'getuid').mockReturnValue(12_345);
    afterTest(() => {
      us.mockRestore();
    });
    expect(await sweptBy(parent)).toEqual([]);
    expect(existsSync(directory)).toBe(true);
  });

  it('removes an empty directory only when its host must have written a record by now', async () => {
    const parent = hostDirectory();
    for (const name of ['espalier-newest', 'espalier-oldest']) mkdirSync(join(parent, name), { mode: 0o700 });
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(join(parent, 'espalier-oldest'), hourAgo, hourAgo);
    await sweptBy(parent);
    expect(readdirSync(parent)).toEqual(['espalier-newest']);
  });
});
