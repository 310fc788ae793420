import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeIdentity } from '../../src/effects/tls/identity.js';
import { identifyProcess } from '../../src/effects/process/process-identity.js';
import {
  createEnvironment,
  formatReattachProviders,
  parseReattachProviders,
  type Environment,
  type EnvironmentOptions,
  type ReattachConfig,
} from '../../src/index.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { callUnary, connectToFake } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { createLauncher, type LaunchedFake } from '../fake-interpreters/launcher.js';
import { afterTest, environmentWith, isAlive, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';
import { startUnrelatedProcess } from '../support/unrelated-process.js';
import { untilTrue } from '../support/until-true.js';

const id = 'com.example.attached';
const manifest = { id, version: '2.0.0' };
/** Short where a test waits for them to pass; no step of a healthy plugin comes near. */
const impatient = { deadlines: { shutdownMs: 300, termMs: 300 } };

async function environment(options: Partial<EnvironmentOptions> = {}): Promise<Environment> {
  const env = await createEnvironment({ bundles: [], policy: impatient, ...options });
  afterTest(() => env.shutdown());
  return env;
}

/** A plugin that another process has started: this test. */
async function startElsewhere(name: FakeInterpreterName, variables: NodeJS.ProcessEnv = {}) {
  const launcher = createLauncher();
  afterTest(() => launcher.endAll());
  const fake = launcher.launch(name, variables);
  return { fake, config: await configOf(fake) };
}

async function configOf(fake: LaunchedFake): Promise<ReattachConfig> {
  const line = /^\d+\|(\d+)\|(unix|tcp)\|([^|]*)\|grpc\|.*\n/m;
  await fake.stdout.until((output) => line.test(output.text()));
  const [, version, network, string = ''] = line.exec(fake.stdout.text()) ?? [];
  return {
    protocol: 'grpc',
    protocolVersion: Number(version),
    addr: { network: network as 'unix' | 'tcp', string },
    pid: fake.pid,
    test: false,
    startTime: identifyProcess(fake.pid)?.startTime ?? 'unknown',
  };
}

function without({ startTime: _, ...config }: ReattachConfig): ReattachConfig {
  return config;
}

async function echo(env: Environment, text: string): Promise<string> {
  return String(await callUnary(fakeClientOf(env, id), fakeService.Echo, Buffer.from(text)));
}

describe('a plugin that runs already', () => {
  it.each<FakeInterpreterName>(['healthy', 'healthy-on-tcp'])(
    'is reattached, spoken with, and brought down like any other: %s',
    async (name) => {
      const { fake, config } = await startElsewhere(name);
      // Longer than a busy machine takes to tell of an end.
      const env = await environment({ policy: { deadlines: { shutdownMs: 8000 } } });
      const { activated, manifest: known } = await env.reattach(manifest, config);
      expect([activated, known.version]).toEqual([true, '2.0.0']);
      expect(await echo(env, 'hello')).toBe('hello');
      await env.performHealthCheck(id);
      expect(env.status(id)).toMatchObject({
        state: 'healthy',
        pid: fake.pid,
        address: `${config.addr.network}:${config.addr.string}`,
      });
      await expect(env.deactivate(id)).resolves.toBe(true);
      await expect(fake.ended).resolves.toEqual({ code: 0, signal: null });
      expect(env.status(id)).toMatchObject({
        state: 'idle',
        pid: null,
        lastExit: { stopStep: 'requestingShutdown' },
      });
    },
  );

  it('is logged through GRPCStdio, as its pipes belong to another process', async () => {
    const { config } = await startElsewhere('healthy');
    const env = await environment();
    const heard = new Promise<void>((resolve) => {
      env.events.subscribe((event) => {
        if (event.type === 'plugin.log' && event.entry.message === 'still here') resolve();
      });
    });
    await env.reattach(manifest, config);
    await callUnary(fakeClientOf(env, id), fakeService.Print, {
      channel: 'stdout',
      text: 'still here\n',
    });
    await heard;
  });

  it('is stopped by a shutdown of its environment', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const env = await environment();
    await env.reattach(manifest, config);
    await env.shutdown();
    await expect(fake.ended).resolves.toEqual({ code: 0, signal: null });
  });

  it('is killed at the last stop step, when its start time is known', async () => {
    const { fake, config } = await startElsewhere('ignores-sigterm-and-shutdown');
    const env = await environment();
    await env.reattach(manifest, config);
    await env.deactivate(id);
    await expect(fake.ended).resolves.toEqual({ code: null, signal: 'SIGKILL' });
    expect(env.status(id)).toMatchObject({ state: 'idle', lastExit: { stopStep: 'killing', error: null } });
  });

  it('is killed without its group when it does not lead one', async () => {
    const launcher = createLauncher();
    afterTest(() => launcher.endAll());
    const leader = launcher.launchBehindHost('ignores-sigterm-and-shutdown');
    const ofLeader = await configOf(leader);
    const { pid } = await callUnary(await launcher.connect(leader), fakeService.Pid, {});
    const startTime = identifyProcess(pid)?.startTime ?? 'unknown';
    const env = await environment();
    await env.reattach(manifest, { ...ofLeader, pid, startTime });
    await env.deactivate(id);
    expect(isAlive(pid)).toBe(false);
    // Its parent, which leads the group, had nothing else to do and ended by itself.
    await expect(leader.ended).resolves.toEqual({ code: 0, signal: null });
  });

  it('gets a shutdown request but no signal, when only its pid is known', async () => {
    const { fake, config } = await startElsewhere('ignores-sigterm-and-shutdown');
    const env = await environment();
    await env.reattach(manifest, without(config));
    await env.deactivate(id);
    expect(isAlive(fake.pid)).toBe(true);
    expect(env.status(id).lastExit).toMatchObject({ kind: 'detached', error: { code: 'RUNNER_LOST' } });
  });

  it('is restarted by this host when it crashes and its bundle is known', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const { env, id: known } = await environmentWith('healthy', {
      policy: { restart: { backoff: { firstMs: 0 } } },
    });
    await env.reattach(known, config);
    expect(env.status(known)).toMatchObject({ generation: 1, pid: fake.pid, command: null });
    process.kill(fake.pid, 'SIGKILL');
    await until(env, known, 'restarting');
    expect(env.status(known).lastExit).toMatchObject({ kind: 'exit', error: { code: 'PLUGIN_CRASHED' } });
    await until(env, known, 'healthy');
    const { generation, pid, command } = env.status(known);
    expect(generation).toBe(2);
    expect(pid).not.toBe(fake.pid);
    expect(command).not.toBeNull();
    expect(env.reattachConfig(known)).toMatchObject({ pid, test: false });
  });

  it('is restarted by an operator as a process of this host', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const { env, id: known } = await environmentWith('healthy');
    await env.reattach(known, config);
    await env.restartPlugin(known);
    await expect(fake.ended).resolves.toEqual({ code: 0, signal: null });
    expect(env.status(known)).toMatchObject({ state: 'healthy', generation: 2 });
  });

  it('is only reported when it crashes and has no bundle', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const env = await environment({ policy: { restart: { restart: 'permanent' } } });
    await env.reattach(manifest, config);
    process.kill(fake.pid, 'SIGKILL');
    await until(env, id, 'crashed');
    expect(env.status(id)).toMatchObject({ wanted: false, error: { code: 'PLUGIN_CRASHED' } });
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'EXECUTABLE_NOT_FOUND', plugin: id });
    const { config: next } = await startElsewhere('healthy');
    await env.reattach(id, next);
    expect(env.status(id)).toMatchObject({ state: 'healthy', pid: next.pid });
  });

  it('is found by the TF_REATTACH_PROVIDERS of a program', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const printed = formatReattachProviders({ [id]: { ...config, test: true } });
    const env = await environment();
    for (const [name, given] of Object.entries(parseReattachProviders(printed)))
      await env.reattach({ id: name }, given);
    expect(env.status(id)).toMatchObject({ state: 'healthy', pid: fake.pid, protocolVersion: 1 });
  });
});

describe('the reattach configuration of a plugin', () => {
  it('is null unless it runs', async () => {
    const { env, id: known } = await environmentWith('healthy');
    expect(env.reattachConfig(known)).toBeNull();
    expect(() => env.reattachConfig('nobody')).toThrow(
      expect.objectContaining({ code: 'PLUGIN_NOT_FOUND' }) as Error,
    );
  });

  it('is the same after another environment has used it, through JSON and back', async () => {
    const { env: first, id: known } = await environmentWith('healthy');
    await first.activate(known);
    const config = first.reattachConfig(known) as ReattachConfig;
    expect(config).toMatchObject({ protocol: 'grpc', protocolVersion: 1, pid: first.status(known).pid });
    const second = await environment();
    await second.reattach(manifest, JSON.parse(JSON.stringify(config)) as ReattachConfig);
    expect(second.reattachConfig(id)).toEqual(config);
    await second.deactivate(id);
    // Only its own host buries it: until then its pid answers.
    await until(first, known, 'idle');
    expect(isAlive(config.pid)).toBe(false);
    expect(first.reattachConfig(known)).toBeNull();
  });

  it('does not exist for AutoMTLS, whose keys are in memory only', async () => {
    const { env, id: known } = await environmentWith('healthy-with-mtls');
    await env.activate(known);
    expect(() => env.reattachConfig(known)).toThrow(
      expect.objectContaining({ code: 'MTLS_UNSUPPORTED', plugin: known }) as Error,
    );
  });
});

describe('another process', () => {
  it('that has got the pid since is refused, and runs on', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const pid = await startUnrelatedProcess();
    const env = await environment();
    await expect(env.reattach(manifest, { ...config, pid })).rejects.toMatchObject({
      code: 'REATTACH_NOT_FOUND',
      plugin: id,
      message: expect.stringContaining('start times differ') as string,
    });
    expect(env.available()).toEqual([]);
    await env.shutdown();
    expect([isAlive(pid), isAlive(fake.pid)]).toEqual([true, true]);
  });

  it('that has the pid while nothing listens is refused, and runs on', async () => {
    const { config } = await startElsewhere('exits-after-the-line');
    const pid = await startUnrelatedProcess();
    const env = await environment();
    await expect(env.reattach(manifest, { ...without(config), pid })).rejects.toMatchObject({
      code: 'REATTACH_NOT_FOUND',
      message: expect.stringContaining('no connections') as string,
    });
    await env.shutdown();
    expect(isAlive(pid)).toBe(true);
  });

  it('that has the pid while the plugin still listens is never signalled', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const pid = await startUnrelatedProcess();
    const env = await environment();
    await env.reattach(manifest, { ...without(config), pid });
    await env.deactivate(id);
    await expect(fake.ended).resolves.toEqual({ code: 0, signal: null });
    expect(env.status(id).lastExit?.error?.hint).toContain('startTime');
    expect(isAlive(pid)).toBe(true);
  });

  it('is never this process', async () => {
    const { config } = await startElsewhere('healthy');
    const env = await environment();
    const startTime = identifyProcess(process.pid)?.startTime ?? 'unknown';
    await expect(env.reattach(manifest, { ...config, pid: process.pid, startTime })).rejects.toMatchObject({
      code: 'REATTACH_NOT_FOUND',
    });
  });
});

describe('a process that cannot be reattached', () => {
  it('has ended', async () => {
    const { fake, config } = await startElsewhere('healthy');
    process.kill(fake.pid, 'SIGKILL');
    await fake.ended;
    const { env, id: known } = await environmentWith('healthy');
    for (const given of [config, without(config)]) {
      await expect(env.reattach(known, given)).rejects.toMatchObject({
        code: 'REATTACH_NOT_FOUND',
        hint: expect.stringContaining('activate') as string,
      });
      expect(env.status(known)).toMatchObject({ state: 'idle', wanted: false });
    }
    await env.activate(known);
    expect(env.status(known).state).toBe('healthy');
  });

  it('has ended and was not reaped by its parent: a zombie', async () => {
    const { config } = await startElsewhere('healthy');
    const pid = await zombie();
    const env = await environment();
    await expect(env.reattach(manifest, { ...without(config), pid })).rejects.toMatchObject({
      code: 'REATTACH_NOT_FOUND',
      message: expect.stringContaining('no such process') as string,
    });
  });

  it.each<[string, Address]>([
    ['a socket that is not there', { network: 'unix', string: join('/nowhere', 'at-all.sock') }],
    ['a port without a listener', { network: 'tcp', string: '127.0.0.1:1' }],
  ])('is given %s, and runs on', async (_, addr) => {
    const { fake, config } = await startElsewhere('healthy');
    const env = await environment();
    await expect(env.reattach(manifest, { ...config, addr })).rejects.toMatchObject({
      code: 'REATTACH_NOT_FOUND',
      facts: { pid: fake.pid, address: addr.string },
    });
    expect(isAlive(fake.pid)).toBe(true);
  });

  it('does not become healthy, and runs on', async () => {
    const { fake, config } = await startElsewhere('health-not-serving');
    const env = await environment({ policy: { deadlines: { startMs: 300 } } });
    await expect(env.reattach(manifest, config)).rejects.toMatchObject({ code: 'NOT_SERVING' });
    expect(isAlive(fake.pid)).toBe(true);
  });

  it('uses AutoMTLS with the host that started it, and runs on', async () => {
    const { certificatePem } = await makeIdentity('P-256', Date.now());
    const { fake, config } = await startElsewhere('healthy-with-mtls', {
      PLUGIN_CLIENT_CERT: certificatePem,
    });
    const env = await environment();
    await expect(env.reattach(manifest, config)).rejects.toMatchObject({
      code: 'MTLS_UNSUPPORTED',
      plugin: id,
    });
    expect(isAlive(fake.pid)).toBe(true);
  });

  it('is refused under mtls: required', async () => {
    const { config } = await startElsewhere('healthy');
    const env = await environment({ mtls: 'required' });
    await expect(env.reattach(manifest, config)).rejects.toMatchObject({ code: 'MTLS_UNSUPPORTED' });
  });

  it('belongs to a plugin that runs here already', async () => {
    const { fake, config } = await startElsewhere('healthy');
    const { env, id: known } = await environmentWith('healthy');
    await env.activate(known);
    await expect(env.reattach(known, config)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('healthy') as string,
    });
    expect(isAlive(fake.pid)).toBe(true);
    expect(env.status(known)).toMatchObject({ state: 'healthy', generation: 1 });
  });

  it('has a malformed configuration, or an unknown plugin', async () => {
    const { config } = await startElsewhere('healthy');
    const env = await environment();
    await expect(env.reattach(manifest, { ...config, pid: 0 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(env.reattach('nobody', config)).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    await env.shutdown();
    await expect(env.reattach(manifest, config)).rejects.toMatchObject({ code: 'ENVIRONMENT_STOPPED' });
  });
});

describe('a host that ends without a shutdown', () => {
  const host = `
    import { createEnvironment } from './dist/esm/index.js';
    const env = await createEnvironment({ bundles: [] });
    await env.reattach({ id: 'attached' }, JSON.parse(process.argv[1]));
    process.exit(0);
  `;

  async function runHost(config: ReattachConfig): Promise<void> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', host, JSON.stringify(config)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    afterTest(() => child.kill('SIGKILL'));
    expect(await once(child, 'exit')).toEqual([0, null]);
  }

  it('ends a plugin that it has reattached', async () => {
    const { fake, config } = await startElsewhere('healthy');
    await runHost(config);
    await expect(fake.ended).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  it.each<[string, Partial<ReattachConfig>]>([
    ['in test mode', { test: true }],
    ['without a start time', { startTime: undefined }],
  ])('does not signal one %s', async (_, changes) => {
    const { fake, config } = await startElsewhere('healthy');
    await runHost({ ...config, ...changes });
    const client = connectToFake(config.addr.network, config.addr.string);
    afterTest(() => {
      client.close();
    });
    expect(await callUnary(client, fakeService.Pid, {})).toMatchObject({ pid: fake.pid });
  });
});

describe('a plugin in test mode', () => {
  const inTestMode = async (name: FakeInterpreterName = 'healthy') => {
    const { fake, config } = await startElsewhere(name);
    const env = await environment();
    await env.reattach(manifest, { ...config, test: true });
    return { env, fake };
  };

  it('runs on after a deactivation, and can be reattached', async () => {
    const { env, fake } = await inTestMode();
    const config = env.reattachConfig(id) as ReattachConfig;
    expect(await echo(env, 'first')).toBe('first');
    await expect(env.deactivate(id)).resolves.toBe(true);
    expect(env.status(id)).toMatchObject({ state: 'idle', lastExit: { kind: 'detached', error: null } });
    expect(isAlive(fake.pid)).toBe(true);
    await env.reattach(id, config);
    expect(await echo(env, 'second')).toBe('second');
    expect(env.status(id)).toMatchObject({ generation: 2, pid: fake.pid });
  });

  it('runs on after the environment is shut down', async () => {
    const { env, fake } = await inTestMode();
    await env.shutdown();
    expect(isAlive(fake.pid)).toBe(true);
  });

  it('may be the host itself, which serves it', async () => {
    const { config } = await startElsewhere('healthy');
    const env = await environment();
    await env.reattach(manifest, { ...without(config), pid: process.pid, test: true });
    await env.performHealthCheck(id);
    await env.deactivate(id);
    expect(env.status(id).state).toBe('idle');
  });

  it('cannot be called any more once it has ended', async () => {
    const { env, fake } = await inTestMode();
    process.kill(fake.pid, 'SIGTERM');
    await fake.ended;
    await until(env, id, 'crashed');
    await expect(env.performHealthCheck(id)).rejects.toMatchObject({ code: 'PLUGIN_NOT_RUNNING' });
  });
});

type Address = ReattachConfig['addr'];

/** A process that has ended, and whose parent does not care. */
async function zombie(): Promise<number> {
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  afterTest(async () => {
    process.kill(-(parent.pid as number), 'SIGKILL');
    if (parent.exitCode === null && parent.signalCode === null) await once(parent, 'exit');
  });
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(printed.toString());
  // The shell would collect it; what the shell becomes does not.
  await untilTrue(() => readFileSync(`/proc/${parent.pid as number}/comm`, 'utf8') === 'sleep\n');
  process.kill(pid, 'SIGKILL');
  await untilTrue(() => identifyProcess(pid) === null);
  expect(isAlive(pid)).toBe(true);
  return pid;
}
