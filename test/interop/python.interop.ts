import { once } from 'node:events';
import { resolve } from 'node:path';
import {
  credentials,
  loadPackageDefinition,
  status as code,
  type Channel,
  type GrpcObject,
  type sendUnaryData,
  type Server,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { callUnary, FakeClient, openStream } from '../../fake-interpreters/lib/fake-client.js';
import { unary as method, type Codec, type StreamMethod } from '../../fake-interpreters/lib/method.js';
import type { Environment } from '../../src/index.js';
import { unary } from './calls.js';
import { hostOfPython, type HostOptions } from './host.js';
import { programs } from './programs.js';

const words: Codec<string> = { encode: (text) => Buffer.from(text), decode: (bytes) => bytes.toString() };

const askHost = method('/test.Broker/AskHost', words, words);
const openEcho = method('/test.Broker/OpenEcho', words, words);
const echo = method('/test.Echo/Echo', words, words);
const printOut = method('/test.Echo/PrintOut', words, words);
const log = method('/test.Echo/Log', words, words);
const say = method('/test.Version/Say', words, words);

/** A plugin of the helper package's own tests. */
const plugin = (name: string, options: HostOptions = {}) =>
  hostOfPython(resolve('python/tests/plugins', `${name}.py`), options);

const clientOf = (env: Environment, id: string) => env.plugin(id).client(FakeClient);
const clientOver = (channel: Channel) =>
  new FakeClient('', credentials.createInsecure(), { channelOverride: channel });

/** What the plugins call on the host. */
function addAnswers(server: Server): void {
  const ask = method('/test.Host/Ask', words, words);
  server.addService(
    { Ask: ask },
    {
      Ask: ({ request }: { request: string }, answer: sendUnaryData<string>) => {
        answer(null, `the host heard ${request}`);
      },
    },
  );
}

const ways: [string, HostOptions, string][] = [
  ['in the clear', { mtls: 'off' }, 'plaintext'],
  ...(['P-256', 'P-384'] as const).map((curve): [string, HostOptions, string] => [
    `over mutual TLS with ${curve}`,
    { mtls: { mode: 'required', curve } },
    'mtls',
  ]),
];

describe(programs.python.name, () => {
  it.each(ways)('call the host, are called, and end in order, %s', async (_, options, transport) => {
    const { env, id } = await plugin('brokers', options);
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ state: 'healthy', transport, multiplexed: false });
    const { broker } = env.plugin(id);
    const client = clientOf(env, id);
    for (let round = 0; round < 3; round += 1) {
      const served = await broker.acceptAndServe(broker.nextId(), addAnswers);
      expect(await callUnary(client, askHost, String(served.id))).toBe('the host heard from the plugin');
      const theirs = await callUnary(client, openEcho, '');
      const channel = await broker.dial(Number(theirs));
      expect(await callUnary(clientOver(channel), echo, 'hello')).toBe('hello');
      channel.close();
    }
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject({ code: 0, stopStep: 'requestingShutdown', error: null });
  });

  it('refuse a host whose key is P-521, as their TLS library knows no such signature', async () => {
    const { failedStart, logEntries } = await plugin('echo', { mtls: { mode: 'required', curve: 'P-521' } });
    await expect(failedStart()).resolves.toMatchObject({ code: 'CONNECT_FAILED', phase: 'dial' });
    expect(logEntries.map(({ message }) => message).join('\n')).toContain('P-521');
  });

  it.each([
    ['the highest that both speak', [1, 2, 3], 3, 'three'],
    ['the only one in common', [1, 2], 1, 'one'],
  ])('choose a version: %s', async (_, offered, protocolVersion, answer) => {
    const { env, id } = await plugin('versions_one_and_three', { offered });
    await env.activate(id);
    expect(env.status(id).protocolVersion).toBe(protocolVersion);
    expect(await callUnary(clientOf(env, id), say, '')).toBe(answer);
  });

  it('have what they print and log arrive', async () => {
    const { env, id, waitForLog } = await plugin('echo', { mtls: 'required' });
    await env.activate(id);
    await callUnary(clientOf(env, id), printOut, 'printed by Python\n');
    await expect(waitForLog(({ message }) => message === 'printed by Python')).resolves.toMatchObject({
      source: 'stdout',
      level: 'info',
    });
    await callUnary(clientOf(env, id), log, 'hello');
    await expect(waitForLog(({ message }) => message === 'said hello')).resolves.toMatchObject({
      level: 'warn',
      fields: { size: 5 },
    });
  });

  it('receive their activation and deactivation', async () => {
    const { env, id, waitForLog } = await plugin('hooked');
    await env.activate(id);
    expect(env.status(id).hooks).toContain('OnActivate');
    await waitForLog(({ message }) => message === 'activated');
    await env.deactivate(id);
    await waitForLog(({ message }) => message === 'deactivated');
    expect(env.status(id).lastExit).toMatchObject({ code: 0, error: null });
  });

  it('run without multiplexing on request, and are rejected where it is required', async () => {
    const { env, id } = await plugin('echo', { multiplex: 'auto' });
    await env.activate(id);
    expect(env.status(id).multiplexed).toBe(false);
    const { failedStart } = await plugin('echo', { multiplex: 'required' });
    await expect(failedStart()).resolves.toMatchObject({ code: 'MUX_UNSUPPORTED' });
  });
});

describe(programs.barePython.name, () => {
  const definition = loadSync('examples/proto/kv.proto', { keepCase: true });
  const packages = loadPackageDefinition(definition) as { example: { kv: { v1: GrpcObject } } };
  const KV = packages.example.kv.v1['KV'] as ServiceClientConstructor;
  const bare = (options: HostOptions = {}) =>
    hostOfPython(resolve('test/interop/python/bare_kv.py'), {
      ...options,
      variables: { PYTHONPATH: resolve('examples/plugins/hello-python') },
    });

  it('is called in the clear over TCP, and ended by SIGTERM, as it knows no other way', async () => {
    const { env, id } = await bare({ mtls: 'auto', multiplex: 'auto' });
    await env.activate(id);
    expect(env.status(id)).toMatchObject({
      transport: 'plaintext',
      multiplexed: false,
      address: expect.stringMatching(/^tcp:127\.0\.0\.1:\d+$/) as string,
    });
    await env.performHealthCheck(id);
    const kv = env.plugin(id).client(KV);
    await unary(kv, 'Put', { key: 'books', value: Buffer.from('three') });
    await expect(unary(kv, 'Get', { key: 'books' })).resolves.toEqual({ value: Buffer.from('three') });
    await expect(unary(kv, 'Get', { key: 'none' })).rejects.toMatchObject({
      code: code.NOT_FOUND,
      details: 'no such key: none',
    });
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject({
      signal: 'SIGTERM',
      stopStep: 'terminating',
      error: null,
    });
  });

  it('streams until the client cancels', async () => {
    const { env, id } = await bare();
    await env.activate(id);
    const kv = env.plugin(id).client(KV);
    const watch = openStream(kv, KV.service['Watch'] as StreamMethod<object, { key: string }>, {});
    await once(watch, 'metadata');
    await unary(kv, 'Put', { key: 'books', value: Buffer.from('four') });
    const [change] = (await once(watch, 'data')) as [{ key: string }];
    expect(change.key).toBe('books');
    watch.on('error', () => undefined).cancel();
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject({ stopStep: 'terminating', error: null });
  });

  it('is refused where mutual TLS is required', async () => {
    const { failedStart } = await bare({ mtls: 'required' });
    await expect(failedStart()).resolves.toMatchObject({ code: 'MTLS_UNSUPPORTED', phase: 'handshake' });
  });
});
