import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createEnvironment, type PluginLogEntry, type ResourceLimits } from '../../src/index.js';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { environmentWith, until, afterTest } from '../support/environment.js';

const MiB = 1024 * 1024;
/** V8 reserves 512 MiB at the start of Node 24 and later, which count as memory that the process may write to. */
const reserved = Number(process.versions.node.split('.')[0]) >= 24 ? 512 : 0;
const enough = (300 + reserved) * MiB;
const patient = {
  restart: { restart: 'temporary' as const },
  health: { intervalMs: 20, deadlineMs: 5000, misses: 10 },
};

/** The hard limit of a process, as its kernel tells it. */
function limitOf(pid: number, name: string): string | undefined {
  return new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1];
}

function held(pid: number): (string | undefined)[] {
  return ['Max data size', 'Max cpu time', 'Max open files'].map((name) => limitOf(pid, name));
}

describe('the limits of a plugin', () => {
  it('apply to its process, which is the program itself', async () => {
    const { env, id } = await environmentWith('healthy', {
      limits: { memoryBytes: 1024 * MiB, cpuSeconds: 600, openFiles: 500 },
    });
    await env.activate(id);
    const { pid, command } = env.status(id);
    expect(held(pid as number)).toEqual([String(1024 * MiB), '600', '500']);
    expect(command?.[0]).toMatch(/venv\/bin\/python$/);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).not.toContain('prlimit');
  });

  it('are the smaller ones of the environment and the manifest', async () => {
    const limits: ResourceLimits = { openFiles: 300, memoryBytes: 1024 * MiB };
    const bundle = makeFakeBundle('healthy', { manifest: { limits } });
    afterTest(() => {
      bundle.remove();
    });
    const env = await createEnvironment({
      bundles: [bundle.directory],
      limits: { openFiles: 200, memoryBytes: 2048 * MiB },
    });
    afterTest(() => env.shutdown());
    await env.activate('healthy');
    expect(held(env.status('healthy').pid as number)).toEqual([String(1024 * MiB), 'unlimited', '200']);
  });

  it('are not set where the host has smaller ones already', async () => {
    const most = Number(execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }));
    const { env, id } = await environmentWith('healthy', { limits: { openFiles: most * 2 } });
    await env.activate(id);
    expect(limitOf(env.status(id).pid as number, 'Max open files')).toBe(
      limitOf(process.pid, 'Max open files'),
    );
  });

  it('are reported as not in force where there is no prlimit', async () => {
    const { env, id } = await environmentWith('healthy', { limits: { cpuSeconds: 600 } });
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor;
    Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
    afterTest(() => Object.defineProperty(process, 'platform', platform));
    const entries: PluginLogEntry[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.log') entries.push(event.entry);
    });
    await env.activate(id);
    expect(entries).toContainEqual({
      plugin: id,
      generation: 1,
      source: 'host',
      level: 'warn',
      message: 'the limits of this plugin do not hold: darwin has no prlimit',
      fields: { limits: { cpuSeconds: 600 } },
    });
  });

  it('do not change the error of a missing program', async () => {
    const env = await createEnvironment({
      programs: [{ id: 'gone', command: '/nowhere/program', limits: { openFiles: 100 } }],
    });
    afterTest(() => env.shutdown());
    await expect(env.activate('gone')).rejects.toMatchObject({
      code: 'SPAWN_FAILED',
      facts: { errno: 'ENOENT' },
    });
  });

  it.each<[string, ResourceLimits]>([
    ['limits.memoryBytes must be at least 16777216', { memoryBytes: 1 }],
    ['limits.openFiles must be a whole number', { openFiles: 20.5 }],
    [
      'limits.processes is not known: the known ones are memoryBytes, cpuSeconds, openFiles',
      { processes: 5 } as ResourceLimits,
    ],
  ])('are refused: %s', async (problem, limits) => {
    await expect(createEnvironment({ programs: [], limits })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { problems: [problem] },
    });
  });
});

describe('a plugin that reaches its limit', () => {
  it('of memory ends with the kind oom, and a hint which limit to raise', async () => {
    const { env, id } = await environmentWith('eats-memory', {
      policy: patient,
      limits: { memoryBytes: enough },
    });
    await env.activate(id);
    await until(env, id, 'crashed');
    const { lastExit } = env.status(id);
    expect(lastExit).toMatchObject({ kind: 'oom', phase: 'serving', error: { code: 'PLUGIN_CRASHED' } });
    expect(lastExit?.error?.hint).toContain(`raise limits.memoryBytes (${enough} now)`);
  });

  it('of processor time is ended by SIGXCPU, with a hint which limit to raise', async () => {
    const { env, id } = await environmentWith('burns-cpu', { policy: patient, limits: { cpuSeconds: 1 } });
    await env.activate(id);
    await until(env, id, 'crashed');
    const { lastExit } = env.status(id);
    expect(lastExit).toMatchObject({ kind: 'signal', signal: 'SIGXCPU' });
    expect(lastExit?.error?.hint).toContain('limits.cpuSeconds');
  });

  it('of open files gets a hint which limit to raise', async () => {
    const { env, id } = await environmentWith('opens-files', { policy: patient, limits: { openFiles: 100 } });
    // It ends as soon as it was asked for its health, which may be before the host has its answer.
    await env.activate(id).catch(() => undefined);
    await until(env, id, 'crashed');
    expect(env.status(id).lastExit?.error?.hint).toContain('raise limits.openFiles (100 now)');
  });
});
