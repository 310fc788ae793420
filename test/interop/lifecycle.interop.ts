import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, until } from '../support/environment.js';
import { withGrpcField, helperCommand, hostOfHelper, temporaryFolder, type PluginHost } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';

const restsInOrder = { code: 0, signal: null, stopStep: 'requestingShutdown', error: null };

describe(programs.helper.name, () => {
  testRow(1, async () => {
    const { env, id, failedStart } = await hostOfHelper(withGrpcField(helperCommand('mock')), {
      startMs: 2_000,
    });
    const error = await failedStart();
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', phase: 'dial' });
    expect(error.message).toContain(':1234 ');
    // The system's own word for where it was dialled: an empty host is this machine.
    const refused = 'No connection to tcp::1234: connect ECONNREFUSED 127.0.0.1:1234.';
    expect(error.cause).toMatchObject({ message: refused });
    expect(env.status(id)).toMatchObject({ state: 'crashed', pid: null, lastExit: { signal: 'SIGKILL' } });
  });

  testRow(2, async () => {
    const marker = join(temporaryFolder(), 'booted');
    const { env, id, failedStart } = await hostOfHelper(helperCommand('bad-version', marker));
    await expect(failedStart()).resolves.toMatchObject({ code: 'APP_VERSION_MISMATCH' });
    expect(existsSync(marker)).toBe(true);
    rmSync(marker);
    await env.deactivate(id);
    await env.shutdown();
    expect(existsSync(marker)).toBe(false);
    expect(env.status(id)).toMatchObject({ state: 'idle', pid: null, generation: 1 });
  });

  testRow(3, async () => {
    const { env, id, errors } = await running('test-grpc');
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject(restsInOrder);
    expect(errors).toEqual([]);
  });

  testRow(4, async () => {
    const { env, id, errors } = await running('test-grpc');
    for (let again = 0; again < 10; again += 1) await env.restartPlugin(id);
    await env.deactivate(id);
    expect(env.status(id)).toMatchObject({ generation: 11, lastExit: restsInOrder });
    expect(errors).toEqual([]);
  });

  testRow(6, async () => {
    await expectQuickNotice(await running('test-grpc'));
  });

  testRow(17, async () => {
    const { env, id, failedStart } = await hostOfHelper(helperCommand('start-timeout'), { startMs: 500 });
    const pid = pidOf({ env, id });
    await expect(failedStart()).resolves.toMatchObject({ code: 'START_TIMEOUT' });
    expect(env.status(id).lastExit?.uptimeMs).toBeLessThan(2_000);
    expect(isAlive(await pid)).toBe(false);
  });

  testRow(28, async () => {
    const { env, id } = await running('test-grpc');
    await env.performHealthCheck(id);
    await env.deactivate(id);
    await expect(env.performHealthCheck(id)).rejects.toMatchObject({ code: 'PLUGIN_NOT_RUNNING' });
  });

  testRow(32, async () => {
    const host = await running('test-mtls', { offered: [2] });
    expect(host.env.status(host.id).protocolVersion).toBe(2);
    await expectQuickNotice(host);
  });

  testRow(44, async () => {
    for (const multiplex of ['off', 'required'] as const) {
      const host = await running('test-grpc', { multiplex });
      const { env, id } = host;
      await env.performHealthCheck(id);
      await env.performHealthCheck(id);
      await expectQuickNotice(host);
      await expect(env.performHealthCheck(id)).rejects.toMatchObject({ code: 'PLUGIN_NOT_RUNNING' });
    }
  });

  testRow(49, async () => {
    const { env, id } = await running('test-grpc');
    expect(socketOf({ env, id })).toMatch(/\/espalier-\w+\/1\/plugin\d+$/);
    expect(existsSync(socketOf({ env, id }))).toBe(true);
  });

  testRow(51, async () => {
    const host = await running('test-grpc');
    const { env, id } = host;
    const first = socketOf(host);
    await env.deactivate(id);
    await env.activate(id);
    const second = socketOf(host);
    await expectQuickNotice(host);
    expect([first, second].filter(existsSync)).toEqual([]);
  });
});

async function running(mode: string, options = {}): Promise<PluginHost> {
  const host = await hostOfHelper(helperCommand(mode), options);
  await host.env.activate(host.id);
  return host;
}

/** Kills the plugin from outside, as its own crash would, and waits for the host to say so. */
async function expectQuickNotice({ env, id }: Pick<PluginHost, 'env' | 'id'>): Promise<void> {
  const { pid } = env.status(id);
  const killedAt = performance.now();
  process.kill(pid ?? NaN, 'SIGKILL');
  await until(env, id, 'crashed');
  expect(performance.now() - killedAt).toBeLessThan(2_000);
  expect(env.status(id)).toMatchObject({
    pid: null,
    error: { code: 'PLUGIN_CRASHED' },
    lastExit: { kind: 'signal', signal: 'SIGKILL' },
  });
}

function socketOf({ env, id }: Pick<PluginHost, 'env' | 'id'>): string {
  return env.status(id).address?.replace(/^unix:/, '') ?? '';
}

function pidOf({ env, id }: Pick<PluginHost, 'env' | 'id'>): Promise<number> {
  return new Promise((resolve) => {
    const subscription = env.events.subscribe(() => {
      const { pid } = env.status(id);
      if (pid === null) return;
      subscription.unsubscribe();
      resolve(pid);
    });
  });
}
