import { Client } from '@grpc/grpc-js';
import { existsSync } from 'node:fs';
import { callUnary, openStream } from '../../fake-interpreters/lib/fake-client.js';
import { healthService } from '../../fake-interpreters/lib/health.js';
import { hooksService } from '../../fake-interpreters/lib/hooks.js';
import { json, unary } from '../../fake-interpreters/lib/method.js';
import { createEnvironment, type EnvironmentOptions } from '../../src/index.js';
import type { PluginLogEntry } from '../../src/model/index.js';
import { addEcho, echo } from '../support/echo.js';
import { afterTest } from '../support/environment.js';
import { untilTrue } from '../support/until-true.js';
import { pluginFile, start, type Program } from './plugin-process.js';

const runMethod = unary('/test.Plugin/Run', json<string>(), json<unknown>());

/** The Espalier host itself over one plugin, which is healthy unless `activate` fails. */
async function hosting(program: Program, options: Partial<EnvironmentOptions> = {}) {
  const logs: PluginLogEntry[] = [];
  const env = await createEnvironment({
    programs: [{ id: 'node', command: process.execPath, args: [pluginFile, JSON.stringify(program)] }],
    policy: { restart: { restart: 'temporary' } },
    ...options,
  });
  afterTest(() => env.shutdown());
  env.events.subscribe((event) => {
    if (event.type === 'plugin.log') logs.push(event.entry);
  });
  const client = env.plugin('node').client(Client);
  const run = (code: string): Promise<unknown> =>
    callUnary(client, runMethod, code, { deadline: Date.now() + 20_000 });
  const logged = async (message: string): Promise<PluginLogEntry | undefined> => {
    const find = () => logs.find((entry) => entry.message === message);
    await untilTrue(() => find() !== undefined);
    return find();
  };
  return { env, run, logged, client };
}

describe('a Node plugin under an Espalier host', () => {
  it('is healthy, speaks mutual TLS, and ends in order when it is asked', async () => {
    const { env, run } = await hosting({}, { mtls: 'required' });
    await env.activate('node');
    expect(env.status('node')).toMatchObject({ state: 'healthy', transport: 'mtls' });
    expect(await run('return 1')).toBe(1);
    await env.deactivate('node');
    expect(env.status('node').lastExit).toMatchObject({
      code: 0,
      signal: null,
      stopStep: 'requestingShutdown',
    });
  });

  it.each([
    ['in the clear where it declines mutual TLS', { mtls: 'off' }, 'plaintext'],
    ['over TCP', { network: 'tcp' }, 'mtls'],
  ])('is used %s', async (_, options, transport) => {
    const { env, run } = await hosting({ options });
    await env.activate('node');
    expect(env.status('node').transport).toBe(transport);
    expect(await run('return 1')).toBe(1);
  });

  it('declines multiplexing, which is refused where the host insists on it', async () => {
    const { env } = await hosting({}, { multiplex: 'required' });
    await expect(env.activate('node')).rejects.toMatchObject({ code: 'MUX_UNSUPPORTED' });
    const willing = await hosting({}, { multiplex: 'auto' });
    await willing.env.activate('node');
    expect(await willing.run('return 1')).toBe(1);
  });

  it('logs with a level, a module and fields', async () => {
    const { env, run, logged } = await hosting({});
    await env.activate('node');
    await run("log.named('cache').error('full', { entries: 3 });");
    expect(await logged('full')).toMatchObject({ level: 'error', module: 'cache', fields: { entries: 3 } });
  });
});

describe('the hooks of a Node plugin', () => {
  it('are called before it is healthy and before it ends', async () => {
    const hooks = {
      onActivate: "await null; log.info('activated');",
      onDeactivate: "log.info('deactivated');",
    };
    const { env, logged } = await hosting({ hooks });
    await env.activate('node');
    expect(await logged('activated')).toMatchObject({ level: 'info' });
    await env.deactivate('node');
    expect(await logged('deactivated')).toMatchObject({ level: 'info' });
  });

  it('fail the activation with what they throw, and log its stack', async () => {
    const { env, logged } = await hosting({ hooks: { onActivate: "throw new Error('the disk is full')" } });
    await expect(env.activate('node')).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: expect.stringContaining('the disk is full') as string,
    });
    const { fields, level } = (await logged('OnActivate failed')) ?? {};
    expect([level, fields]).toEqual([
      'error',
      { error: expect.stringMatching(/^Error: the disk is full\n/) as string },
    ]);
  });

  it('are named for the host, and get the configuration as it is', async () => {
    const plugin = await start({ hooks: { onConfigurationChange: 'log.info(configuration.name);' } });
    expect(await callUnary(plugin.client, hooksService.Implemented, {})).toEqual(['OnConfigurationChange']);
    await callUnary(plugin.client, hooksService.OnConfigurationChange, '{"name":"spalier"}');
    await untilTrue(() => plugin.stderr().includes('"@message":"spalier"'));
    await expect(callUnary(plugin.client, hooksService.OnActivate, {})).rejects.toThrow('UNIMPLEMENTED');
  });

  it('are no service where there are none', async () => {
    const plugin = await start();
    await expect(callUnary(plugin.client, hooksService.Implemented, {})).rejects.toThrow('UNIMPLEMENTED');
  });
});

describe('the health of a Node plugin', () => {
  it('is SERVING for the plugin and its server, and NOT_FOUND for anything else', async () => {
    const { client } = await start();
    for (const name of ['plugin', '']) {
      expect(await callUnary(client, healthService.Check, { service: name })).toBe('SERVING');
    }
    await expect(callUnary(client, healthService.Check, { service: 'other' })).rejects.toThrow('NOT_FOUND');
  });

  it.each([
    ['plugin', 'SERVING'],
    ['other', 'SERVICE_UNKNOWN'],
  ])('can be watched for %p: %s, until the plugin ends', async (name, expected) => {
    const plugin = await start();
    const said: unknown[] = [];
    let isOver = false;
    const watch = openStream(plugin.client, healthService.Watch, { service: name });
    watch.on('data', (status) => said.push(status)).on('end', () => (isOver = true));
    watch.on('error', () => undefined);
    await untilTrue(() => said.length === 1);
    plugin.child.kill('SIGTERM');
    await untilTrue(() => isOver);
    expect(said).toEqual([expected]);
    expect((await plugin.ended).code).toBe(0);
  });
});

const dials = `
  const { credentials, Client } = require('@grpc/grpc-js');
  const channel = await broker.dial(1);
  const client = new Client('', credentials.createInsecure(), { channelOverride: channel });
  const same = (bytes) => bytes;
  return new Promise((resolve, reject) => client.makeUnaryRequest('/espalier.fake.v1.Fake/Echo', same, same,
    Buffer.from('hello'), (error, bytes) => error ? reject(error) : resolve(bytes.toString())));`;

const servesEcho = `
  const id = broker.nextId();
  const same = (bytes) => bytes;
  const Echo = { path: '/espalier.fake.v1.Fake/Echo', requestStream: false, responseStream: false,
    requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
  const implementation = { Echo: (call, answer) => answer(null, call.request) };
  const server = await broker.acceptAndServe(id, [{ definition: { Echo }, implementation }]);
  kept.set(id, server);
  return { id, address: server.address };`;

interface Served {
  readonly id: number;
  readonly address: string;
}

describe.each([
  ['unix', 'off'],
  ['unix', 'required'],
  ['tcp', 'off'],
  ['tcp', 'required'],
] as const)('the broker of a Node plugin on %s with mutual TLS %s', (network, mtls) => {
  const connected = async () => {
    const hosted = await hosting({ options: { network } }, { mtls });
    await hosted.env.activate('node');
    return { ...hosted, broker: hosted.env.plugin('node').broker };
  };

  it('dials what the host serves, also before the host says where', async () => {
    const { run, broker } = await connected();
    const early = run(dials);
    await broker.acceptAndServe(broker.nextId(), addEcho);
    expect(await early).toBe('the host heard hello');
  });

  it('serves the host, until it closes that server', async () => {
    const { run, broker } = await connected();
    const { id } = (await run(servesEcho)) as Served;
    const channel = await broker.dial(id);
    expect(await echo(channel, 'hello')).toBe('hello');
    await run(`await kept.get(${id}).close();`);
    await expect(echo(channel, 'again')).rejects.toThrow('UNAVAILABLE');
    channel.close();
  });
});

describe('the broker of a Node plugin', () => {
  it('waits five seconds for the host, and then says so', async () => {
    const plugin = await start();
    await expect(plugin.run('await broker.dial(7)')).rejects.toThrow(
      /BROKER_TIMEOUT The host did not say .* 7\./,
    );
  });

  it('lets no dial wait when the plugin ends', async () => {
    const plugin = await start();
    const dialled = plugin.run('await broker.dial(7)');
    await plugin.run("process.kill(process.pid, 'SIGTERM')");
    await expect(dialled).rejects.toThrow('BROKER_REFUSED The plugin stops');
    expect((await plugin.ended).code).toBe(0);
  });

  it('leaves no socket behind, however many it has opened', async () => {
    const plugin = await start();
    const { address } = (await plugin.run(servesEcho)) as Served;
    for (let n = 0; n < 20; n += 1) await plugin.run(servesEcho);
    plugin.run('process.exit(0)').catch(() => undefined);
    await plugin.ended;
    expect(plugin.stderr()).toBe('');
    expect([plugin.address, address].filter(existsSync)).toEqual([]);
  });
});
