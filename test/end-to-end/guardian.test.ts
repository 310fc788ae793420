import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { createEnvironment, type Environment, type EnvironmentEvent } from '../../src/index.js';
import { pidsWithMarker, waitUntil, guardianOf, killPids } from '../faults/processes.js';
import { afterTest, environmentWith, isAlive, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';
import { startHostProcess, type HostProcess } from '../support/host-process.js';

type Of<Type extends EnvironmentEvent['type']> = Extract<EnvironmentEvent, { readonly type: Type }>;

let marks = 0;

/** A host in a process of its own that has started these plugins; what carries the mark is killed after the test. */
async function hostOf(names: readonly FakeInterpreterName[], options: object = {}, body = '') {
  marks += 1;
  const mark = `guardian-test-${process.pid}-${marks}.`;
  const runtime = mkdtempSync(join(tmpdir(), 'run-'));
  const bundles = names.map((name) => makeFakeBundle(name));
  const host = startHostProcess(
    `const env = await createEnvironment({ ...argument.options, bundles: argument.bundles, env: { MARK: argument.mark } });
     for (const { id } of env.available()) await env.activate(id);
     ${body}
     process.stdout.write(env.statuses().map(({ pid }) => pid).join(' ') + ' up\\n');
     setInterval(() => undefined, 1000);`,
    {
      options: { unixSocket: { directory: runtime }, ...options },
      bundles: bundles.map(({ directory }) => directory),
      mark,
    },
  );
  afterTest(() => {
    killPids(pidsWithMarker(mark));
    for (const bundle of bundles) bundle.remove();
    rmSync(runtime, { recursive: true, force: true });
  });
  const [, pids = ''] = await host.printed(/([\d ]+) up\n/);
  return { host, mark, runtime, pids: pids.split(' ').map(Number) };
}

function pidOf({ child }: HostProcess): number {
  return child.pid ?? 0;
}

function guardian(host: HostProcess): number {
  const pid = guardianOf(pidOf(host));
  if (pid === null) throw new Error('There is no guardian.');
  return pid;
}

function next<Type extends EnvironmentEvent['type']>(env: Environment, type: Type): Promise<Of<Type>> {
  return new Promise((resolve) => {
    env.events.subscribe((event) => {
      if (event.type === type) resolve(event as Of<Type>);
    });
  });
}

describe('when the host is killed', () => {
  it('all its plugins end, with their child processes in any process group', async () => {
    const { host, mark, runtime } = await hostOf(['outlives-its-host', 'double-forks', 'forks-a-grandchild']);
    // Three plugins; one has a child in its group, one a descendant in a session of its own.
    expect(pidsWithMarker(mark)).toHaveLength(5);
    host.child.kill('SIGKILL');
    expect(await waitUntil(() => pidsWithMarker(mark).length === 0, 3000)).toBe(true);
    expect(await waitUntil(() => readdirSync(runtime).length === 0, 3000)).toBe(true);
    expect(await waitUntil(() => guardianOf(pidOf(host)) === null, 3000)).toBe(true);
  });

  it('they end by process.exit, too', async () => {
    const { host, mark } = await hostOf(
      ['double-forks'],
      {},
      `process.stdin.once('data', () => process.exit(0));`,
    );
    expect(pidsWithMarker(mark)).toHaveLength(2);
    host.child.stdin?.write('x');
    expect(await waitUntil(() => pidsWithMarker(mark).length === 0, 3000)).toBe(true);
  });

  it('the guardian survives the signals of a terminal', async () => {
    const { host, mark } = await hostOf(['outlives-its-host']);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
      process.kill(guardian(host), signal);
    host.child.kill('SIGKILL');
    expect(await waitUntil(() => pidsWithMarker(mark).length === 0, 3000)).toBe(true);
  });

  it('a plugin of another process that was reattached runs on', async () => {
    const { env, id } = await environmentWith('outlives-its-host', { mtls: 'off' });
    await env.activate(id);
    const config = env.reattachConfig(id);
    const other = await hostOf(
      ['healthy'],
      {},
      `await env.reattach({ id: 'attached' }, ${JSON.stringify(config)});`,
    );
    other.host.child.kill('SIGKILL');
    expect(await waitUntil(() => guardianOf(pidOf(other.host)) === null, 3000)).toBe(true);
    expect(pidsWithMarker(other.mark)).toEqual([]);
    await env.performHealthCheck(id);
  });

  it('they run on under orphans: keep', async () => {
    const { host, runtime, pids, mark } = await hostOf(['outlives-its-host'], { orphans: 'keep' });
    host.child.kill('SIGKILL');
    expect(await waitUntil(() => guardianOf(pidOf(host)) === null, 3000)).toBe(true);
    const env = await createEnvironment({ programs: [], unixSocket: { directory: runtime } });
    afterTest(() => env.shutdown());
    expect(pidsWithMarker(mark)).toEqual(pids);
    expect(readdirSync(runtime)).toHaveLength(2);
  });
});

describe('a guardian', () => {
  it('that is killed is replaced, and the next one knows the processes to kill', async () => {
    const { host, mark } = await hostOf(['outlives-its-host', 'double-forks']);
    const first = guardian(host);
    // One that dies within a second of its start is only replaced at the next start of a plugin.
    await waitUntil(() => false, 1000);
    process.kill(first, 'SIGKILL');
    const replaced = (): boolean => ![first, null].includes(guardianOf(pidOf(host)));
    expect(await waitUntil(replaced, 3000)).toBe(true);
    host.child.kill('SIGKILL');
    expect(await waitUntil(() => pidsWithMarker(mark).length === 0, 3000)).toBe(true);
  });

  it('is one for all environments of a host, is reported to each, and ends with the last of them', async () => {
    const one = await environmentWith('healthy');
    const other = await environmentWith('healthy');
    const states = [next(one.env, 'environment.guardian'), next(other.env, 'environment.guardian')];
    await one.env.activate(one.id);
    await other.env.activate(other.id);
    const [first, second] = await Promise.all(states);
    expect(first).toMatchObject({ state: 'guarding', problem: null });
    expect(second?.pid).toBe(first?.pid);
    await one.env.shutdown();
    expect(isAlive(first?.pid as number)).toBe(true);
    await other.env.shutdown();
    expect(await waitUntil(() => !isAlive(first?.pid as number), 3000)).toBe(true);
  });

  it('that exits at once is reported, and replaced with the next start', async () => {
    const { env, id } = await environmentWith('healthy');
    const states: Of<'environment.guardian'>[] = [];
    env.events.subscribe((event) => {
      if (event.type !== 'environment.guardian') return;
      states.push(event);
      if (states.length === 1 && event.pid !== null) process.kill(event.pid, 'SIGKILL');
    });
    await env.activate(id);
    expect(await waitUntil(() => states.length === 2, 3000)).toBe(true);
    expect(states[1]).toMatchObject({ state: 'absent', pid: null, problem: 'it was ended by SIGKILL' });
    await env.restartPlugin(id);
    expect(states[2]).toMatchObject({ state: 'guarding', problem: 'it was ended by SIGKILL' });
  });
});

describe('a process that has left the process group of its plugin', () => {
  it.each(['deactivated', 'killed'] as const)('is ended after the plugin was %s', async (how) => {
    const { env, id } = await environmentWith('double-forks');
    await env.activate(id);
    const { grandchild } = await callUnary(fakeClientOf(env, id), fakeService.Pid, {});
    const swept = next(env, 'environment.orphansReaped');
    if (how === 'deactivated') await env.deactivate(id);
    else {
      process.kill(env.status(id).pid as number, 'SIGKILL');
      await until(env, id, 'crashed');
    }
    expect(await swept).toMatchObject({ because: 'plugin.exited', processes: [grandchild], directories: [] });
    expect(pidsWithMarker(`ESPALIER_TOKEN=`).includes(grandchild as number)).toBe(false);
  });

  it('has ended when the shutdown resolves', async () => {
    const { env, id } = await environmentWith('double-forks');
    await env.activate(id);
    const { grandchild } = await callUnary(fakeClientOf(env, id), fakeService.Pid, {});
    await env.shutdown();
    expect(await waitUntil(() => !pidsWithMarker('ESPALIER_TOKEN=').includes(grandchild as number), 50)).toBe(
      true,
    );
  });

  it('is not killed while its generation serves', async () => {
    const { env, id } = await environmentWith('double-forks');
    await env.activate(id);
    const swept = next(env, 'environment.orphansReaped');
    await env.restartPlugin(id);
    const { grandchild } = await callUnary(fakeClientOf(env, id), fakeService.Pid, {});
    const { processes } = await swept;
    expect(processes).toHaveLength(1);
    expect(processes).not.toContain(grandchild);
    expect(isAlive(grandchild as number)).toBe(true);
  });
});

describe('the token', () => {
  it('names the plugin and its generation, and is inherited by what the plugin starts', async () => {
    const { env, id } = await environmentWith('double-forks', { inheritEnv: 'all' });
    await env.activate(id);
    await env.restartPlugin(id);
    const variables = await callUnary(fakeClientOf(env, id), fakeService.Env, {});
    const token = variables['ESPALIER_TOKEN'] ?? '';
    expect(token).toMatch(/^[0-9a-f]{10}\.2\.double-forks\.2$/);
    const { grandchild } = await callUnary(fakeClientOf(env, id), fakeService.Pid, {});
    expect(pidsWithMarker(token)).toEqual(expect.arrayContaining([env.status(id).pid, grandchild]));
  });
});

describe('the private directory of a host', () => {
  it('has a record while the host runs, and is removed with it', async () => {
    const { host, runtime } = await hostOf(
      ['healthy'],
      {},
      `process.stdin.once('data', () => env.shutdown().then(() => process.exit(0)));`,
    );
    const [directory = ''] = readdirSync(runtime);
    expect(existsSync(join(runtime, directory, 'host.json'))).toBe(true);
    host.child.stdin?.write('x');
    await host.ended;
    expect(readdirSync(runtime)).toEqual([]);
  });
});
