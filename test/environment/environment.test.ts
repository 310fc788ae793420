import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { fakeInterpreterPath } from '../../fake-interpreters/index.js';
import { createEnvironment, type EnvironmentEvent, type EnvironmentOptions } from '../../src/index.js';
import { afterTest, environmentWith, isAlive, until } from '../support/environment.js';
import { untilTrue } from '../support/until-true.js';
import { rootActorOf } from '../support/root-actor.js';

async function environment(options: EnvironmentOptions) {
  const env = await createEnvironment(options);
  afterTest(() => env.shutdown());
  return env;
}

function pluginDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'espalier-test-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

describe('the options', () => {
  it.each<[string, EnvironmentOptions]>([
    ['pluginDir, bundles or programs', {}],
    ['cookieKey', { bundles: [], handshake: { cookieKey: 'A=B' } }],
    ['cookieValue', { bundles: [], handshake: { cookieValue: '' } }],
    ['protocolVersions', { bundles: [], handshake: { protocolVersions: [] } }],
    ['protocolVersions', { bundles: [], handshake: { protocolVersions: [1.5] } }],
    ['preset', { bundles: [], policy: { preset: 'nomad' as 'espalier' } }],
    ['deadlines.startMs', { bundles: [], policy: { deadlines: { startMs: -1 } } }],
    ['baseMs', { bundles: [], policy: { restart: { backoff: { baseMs: Number.NaN } } } }],
    ['intervalMs', { bundles: [], policy: { health: { intervalMs: 2 ** 31 } } }],
    ['restart.restart', { bundles: [], policy: { restart: { restart: 'always' as 'permanent' } } }],
    ['restart.intensities', { bundles: [], policy: { restart: { intensities: 3 } as object } }],
    [
      'programs.0.supervision.restart.intensity',
      { programs: [{ command: 'a', supervision: { restart: { intensity: -1 } } }] },
    ],
    ['env', { bundles: [], env: { 'A=B': 'c' } }],
  ])('are rejected with CONFIG_INVALID when %s is wrong', async (what, options) => {
    const error = await createEnvironment(options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PluginError', code: 'CONFIG_INVALID' });
    expect((error as Error).message).toContain(what);
  });

  it('are rejected when the plugin directory does not exist', async () => {
    await expect(createEnvironment({ pluginDir: '/nowhere/at/all' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

describe('a directory of bundles', () => {
  it('lists valid and invalid bundles with their errors, and starts the valid ones', async () => {
    const directory = pluginDir();
    makeFakeBundle('healthy', { id: 'com.example.good', directory });
    mkdirSync(join(directory, 'broken'));
    writeFileSync(join(directory, 'broken', 'plugin.json'), '{ "id": "com.example.broken", }');
    const env = await environment({ pluginDir: directory });
    expect(env.available().map(({ id, error }) => [id, error?.code ?? null])).toEqual([
      ['broken', 'MANIFEST_INVALID'],
      ['com.example.good', null],
    ]);
    expect(env.statuses().map(({ id, state }) => [id, state])).toEqual([
      ['broken', 'invalid'],
      ['com.example.good', 'idle'],
    ]);
    await expect(env.activate('broken')).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
    await expect(env.activate('com.example.good')).resolves.toMatchObject({ activated: true });
    expect(env.active()).toEqual(['com.example.good']);
  });

  it('is scanned again when a plugin is unknown or was invalid', async () => {
    const directory = pluginDir();
    mkdirSync(join(directory, 'late'));
    writeFileSync(join(directory, 'late', 'plugin.json'), '{}');
    const env = await environment({ pluginDir: directory });
    expect(env.statuses()).toMatchObject([{ id: 'late', state: 'invalid' }]);
    makeFakeBundle('healthy', { id: 'late', directory });
    await expect(env.activate('late')).resolves.toMatchObject({ activated: true });
    expect(env.statuses()).toMatchObject([{ id: 'late', state: 'healthy' }]);
  });
});

describe('a program without a manifest', () => {
  it('is supervised like any plugin', async () => {
    const command = fakeInterpreterPath('healthy');
    const env = await environment({ programs: [{ id: 'bare', command }] });
    await env.activate('bare');
    await env.performHealthCheck('bare');
    expect(env.status('bare').command).toEqual([command]);
  });

  it('fails with SPAWN_FAILED when it does not exist', async () => {
    const env = await environment({
      programs: [{ id: 'bare', command: '/nowhere/plugin' }],
      policy: { restart: { restart: 'temporary' } },
    });
    await expect(env.activate('bare')).rejects.toMatchObject({
      code: 'SPAWN_FAILED',
      phase: 'interpreter',
      facts: { errno: 'ENOENT' },
      hint: expect.stringContaining('"/nowhere/plugin" does not exist') as unknown,
    });
  });
});

describe('a policy that is changed', () => {
  it('overrides the options and the manifest, and is in effect from then on', async () => {
    const { env, id } = await environmentWith('healthy', { policy: { restart: { intensity: 7 } } });
    await env.activate(id);
    const { pid } = env.status(id);
    const policy = env.setPolicy(id, { restart: { restart: 'temporary' }, deadlines: { termMs: 1 } });
    expect(policy).toMatchObject({
      restart: { restart: 'temporary', intensity: 7 },
      deadlines: { termMs: 1 },
    });
    expect(env.status(id)).toMatchObject({ state: 'healthy', pid });
    process.kill(pid ?? 0, 'SIGKILL');
    await until(env, id, 'crashed');
    expect(env.status(id)).toMatchObject({ wanted: false, generation: 1 });
    expect(env.setPolicy(id, {}).restart).toMatchObject({ restart: 'permanent', intensity: 7 });
  });

  it('is rejected when it is not usable, and the old one stays in effect', async () => {
    const { env, id } = await environmentWith('healthy');
    expect(() => env.setPolicy(id, { deadlines: { startMs: 0 } })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        plugin: id,
        message: `The policy for ${id} is not usable: deadlines.startMs must be at least 1.`,
      }) as Error,
    );
    await env.activate(id);
    await env.shutdown();
    expect(() => env.setPolicy(id, {})).toThrow(
      expect.objectContaining({ code: 'ENVIRONMENT_STOPPED' }) as Error,
    );
  });
});

describe('an unknown plugin', () => {
  it('is rejected by every method, and the error names the known ones', async () => {
    const { env, id } = await environmentWith('healthy');
    const expected = { code: 'PLUGIN_NOT_FOUND', hint: `The known plugins are: ${id}.` };
    await expect(env.activate('unknown')).rejects.toMatchObject(expected);
    await expect(env.deactivate('unknown')).rejects.toMatchObject(expected);
    await expect(env.restartPlugin('unknown')).rejects.toMatchObject(expected);
    await expect(env.performHealthCheck('unknown')).rejects.toMatchObject(expected);
    await expect(env.removePlugin('unknown')).rejects.toMatchObject(expected);
    const calls = [
      () => env.status('unknown'),
      () => env.manifest('unknown'),
      () => env.plugin('unknown'),
      () => env.explain('unknown'),
      () => env.setPolicy('unknown', {}),
    ];
    for (const call of calls) expect(call).toThrow(expect.objectContaining(expected) as Error);
    expect(env.isActive('unknown')).toBe(false);
  });
});

describe('concurrent calls', () => {
  it('activate a plugin once, and all of them resolve', async () => {
    const { env, id } = await environmentWith('healthy');
    const answers = await Promise.all([env.activate(id), env.activate(id), env.activate(id)]);
    expect(answers.map(({ activated }) => activated)).toEqual([true, true, true]);
    expect(env.status(id).generation).toBe(1);
    await expect(env.activate(id)).resolves.toMatchObject({ activated: false });
  });

  it('stop a plugin while it starts: the activation rejects, and no process is left', async () => {
    const { env, id } = await environmentWith('never-prints-a-line');
    const activation = env.activate(id).catch((thrown: unknown) => thrown);
    await until(env, id, 'handshaking');
    const { pid } = env.status(id);
    await expect(env.deactivate(id)).resolves.toBe(true);
    await expect(activation).resolves.toMatchObject({ code: 'PLUGIN_NOT_RUNNING' });
    expect(isAlive(pid as number)).toBe(false);
  });

  it('restart and deactivate a plugin: the last call wins', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    const restart = env.restartPlugin(id).catch((thrown: unknown) => thrown);
    await env.deactivate(id);
    await restart;
    expect(env.status(id)).toMatchObject({ state: 'idle', wanted: false });
    const deactivation = env.deactivate(id);
    await env.restartPlugin(id);
    await deactivation.catch(() => undefined);
    expect(env.status(id)).toMatchObject({ state: 'healthy', wanted: true });
  });

  it('shut down while a plugin starts: every promise resolves or rejects', async () => {
    const { env, id } = await environmentWith('slow-line');
    const activation = env.activate(id).catch((thrown: unknown) => thrown);
    await until(env, id, 'handshaking');
    await env.shutdown();
    await expect(activation).resolves.toMatchObject({ name: 'PluginError' });
    expect(env.status(id).state).toBe('idle');
  });
});

describe('the shutdown', () => {
  it('happens once, also when a subscriber of its events calls it again', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    const states: string[] = [];
    env.events.subscribe((event) => {
      void env.shutdown();
      if (event.type === 'environment.state') states.push(event.state);
    });
    await env.shutdown();
    expect(states).toEqual(['stopping', 'stopped']);
  });

  it('follows a failure of the tree: the plugins are killed, a pending deactivation resolves, and the host keeps running', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    const pid = env.status(id).pid as number;
    const completed = new Promise<void>((complete) => env.events.subscribe({ complete }));
    const deactivation = env.deactivate(id).catch((thrown: unknown) => thrown);
    rootActorOf(env).send({
      type: 'environment.activate',
      get plugin(): string {
        throw new Error('the tree fails');
      },
    });
    await completed;
    await expect(deactivation).resolves.toBe(true);
    await untilTrue(() => !isAlive(pid));
    await env.shutdown();
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'ENVIRONMENT_STOPPED' });
  });
});

describe('the events', () => {
  it('tell every change in order, and complete at the end', async () => {
    const { env, id } = await environmentWith('healthy');
    const events: EnvironmentEvent[] = [];
    const completed = new Promise<void>((complete) =>
      env.events.subscribe({ next: (event) => events.push(event), complete }),
    );
    await env.activate(id);
    await env.shutdown();
    await completed;
    const entries = events.map((event) =>
      event.type === 'plugin.status' ? `${event.status.state}:${event.status.phase ?? ''}` : event.type,
    );
    // The guardian is reported once it has proven itself, which may be at any moment of the start.
    const independent = ['plugin.log', 'environment.guardian'];
    expect(entries).toContain('environment.guardian');
    expect(entries.filter((entry) => !independent.includes(entry))).toEqual([
      'spawning:interpreter',
      'spawning:spawn',
      'handshaking:handshake',
      'handshaking:dial',
      'handshaking:health',
      'handshaking:hooks',
      'healthy:serving',
      'environment.state',
      'stopping:stopping',
      'idle:',
      'environment.state',
    ]);
  });

  it('can be explained, step by step', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    const { history, summary, hint } = env.explain(id);
    expect(history.map(({ because }) => because)).toEqual([
      'it was activated',
      'its program was found',
      'its process runs',
      'its handshake line was read',
      'it accepted the connection',
      'its health service answered SERVING',
      'its hook has returned',
    ]);
    expect(summary).toMatch(/^Generation 1 \(process \d+\) is serving\.$/);
    expect(hint).toBeNull();
  });

  it('go to a logger where one is given', async () => {
    const lines: string[] = [];
    const write = (level: string) => (_: object, message: string) => lines.push(`${level} ${message}`);
    const logger = {
      trace: write('trace'),
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    };
    const { env, id } = await environmentWith('healthy', { logger });
    await env.activate(id);
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'crashed');
    expect(lines).toEqual(
      expect.arrayContaining([
        `info ${id} is healthy`,
        `warn ${id} crashed: The plugin was ended by SIGKILL.`,
      ]),
    );
  });
});

describe('a plugin that is removed', () => {
  it('is stopped and forgotten; when a rescan adds it again, its generation goes on counting', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    const { pid } = env.status(id);
    await env.removePlugin(id);
    expect(isAlive(pid as number)).toBe(false);
    expect(env.available()).toEqual([]);
    await env.rescan();
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 2 });
  });
});
