import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createEnvironment, type Environment, type ReattachConfig } from '../../src/index.js';
import { parseHandshakeLine } from '../../src/go-plugin/index.js';
import { afterTest, isAlive, until } from '../support/environment.js';
import { unary } from './calls.js';
import {
  helper,
  helperCommand,
  helperCookie,
  helperVariables,
  hostOfHelper,
  type PluginHost,
} from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';
import { Test } from './services.js';

const attached = 'attached';
const endedInOrder = { kind: 'exit', stopStep: 'requestingShutdown', error: null };

/** A plugin that a first host has started, and what a second one needs to know of it. */
async function running(): Promise<{ first: PluginHost; config: ReattachConfig }> {
  const first = await hostOfHelper(helperCommand('test-grpc'), { mtls: 'off' });
  await first.env.activate(first.id);
  const config = first.env.reattachConfig(first.id);
  if (config === null) throw new Error('The plugin has no reattach configuration.');
  return { first, config: JSON.parse(JSON.stringify(config)) as ReattachConfig };
}

async function secondHost(): Promise<Environment> {
  const env = await createEnvironment({ bundles: [], mtls: 'off' });
  afterTest(() => env.shutdown());
  return env;
}

/** A plugin that no host of ours has started, in a session of its own. */
async function startedElsewhere() {
  const [command, ...args] = helperCommand('test-grpc');
  const [key, value] = helperCookie;
  const child = spawn(command, args, {
    detached: true,
    env: { ...process.env, ...helperVariables, [key]: value, PLUGIN_PROTOCOL_VERSIONS: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  afterTest(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const reading = parseHandshakeLine(line, { protocolVersions: [1], allowNetrpc: false });
  if (!reading.ok) throw reading.error;
  const { network, address, appVersion } = reading.handshake;
  const config: ReattachConfig = {
    protocol: 'grpc',
    protocolVersion: appVersion,
    addr: { network, string: address },
    pid: child.pid ?? NaN,
    test: false,
  };
  return { config, ended };
}

async function expectDouble(env: Environment, id: string): Promise<void> {
  await expect(unary(env.plugin(id).client(Test), 'Double', { input: 21 })).resolves.toEqual({ output: 42 });
}

describe(programs.helper.name, () => {
  testRow(12, async () => {
    const { first, config } = await running();
    const second = await secondHost();
    const empty = { ...config, protocol: '' } as unknown as ReattachConfig;
    await expect(second.reattach({ id: attached }, empty)).rejects.toMatchObject({
      code: 'PROTOCOL_UNSUPPORTED',
    });
    await first.env.performHealthCheck(first.id);
    expect(first.env.status(first.id)).toMatchObject({ state: 'healthy', pid: config.pid });
  });

  testRow(13, async () => {
    const { first, config } = await running();
    const second = await secondHost();
    await second.reattach({ id: attached }, config);
    expect(second.status(attached)).toMatchObject({ state: 'healthy', pid: config.pid });
    await expectDouble(second, attached);
    await second.deactivate(attached);
    expect(second.status(attached).lastExit).toMatchObject(endedInOrder);
    await until(first.env, first.id, 'idle');
    expect(first.env.status(first.id).lastExit).toMatchObject({ kind: 'exit', code: 0, signal: null });
  });

  testRow(14, async () => {
    const { first, config } = await running();
    await first.env.deactivate(first.id);
    const second = await secondHost();
    await expect(second.reattach({ id: attached }, config)).rejects.toMatchObject({
      code: 'REATTACH_NOT_FOUND',
    });
  });

  testRow(39, async () => {
    const { config, ended } = await startedElsewhere();
    const env = await secondHost();
    await env.reattach({ id: attached }, config);
    await env.performHealthCheck(attached);
    await expectDouble(env, attached);
    expect(env.reattachConfig(attached)).toEqual(config);
    await env.deactivate(attached);
    await expect(ended).resolves.toEqual([0, null]);
    expect(env.status(attached).lastExit).toMatchObject(endedInOrder);
  });

  testRow(46, async () => {
    const { first, config } = await running();
    const second = await secondHost();
    expect(config.protocolVersion).toBe(1);
    await second.reattach({ id: attached }, { ...config, test: true });
    await second.performHealthCheck(attached);
    await second.deactivate(attached);
    expect(isAlive(config.pid)).toBe(true);
    await second.reattach({ id: attached }, { ...config, test: true });
    await second.performHealthCheck(attached);
    await first.env.deactivate(first.id);
    await until(second, attached, 'crashed');
    await expect(second.performHealthCheck(attached)).rejects.toMatchObject({ code: 'PLUGIN_NOT_RUNNING' });
  });

  it('is taken over whatever its command and its checksum are, which the next start goes by', async () => {
    const { config } = await running();
    const wrong = `sha256:${'0'.repeat(64)}`;
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), {
      mtls: 'off',
      checksums: { [helper]: wrong },
    });
    await env.reattach(id, config);
    expect(env.status(id)).toMatchObject({ state: 'healthy', pid: config.pid });
    await env.deactivate(id);
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    const { env: other, id: same } = await hostOfHelper(helperCommand('test-grpc'), { mtls: 'off' });
    const { config: next } = await running();
    await other.reattach(same, next);
    await other.restartPlugin(same);
    expect(other.status(same)).toMatchObject({ state: 'healthy', generation: 2 });
    expect(isAlive(next.pid)).toBe(false);
  });
});
