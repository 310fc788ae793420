import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { brokerTestService } from '../../fake-interpreters/lib/broker.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import type { EnvironmentOptions, MtlsMode } from '../../src/index.js';
import { afterTest, environmentWith, until } from '../support/environment.js';
import { addEcho, echo } from '../support/echo.js';
import { fakeClientOf } from '../support/fake-client.js';
import { untilTrue } from '../support/until-true.js';

async function started(name: FakeInterpreterName, options: Partial<EnvironmentOptions> = {}) {
  const { env, id } = await environmentWith(name, options);
  await env.activate(id);
  const client = fakeClientOf(env, id);
  return { env, id, client, broker: env.plugin(id).broker };
}

const ways: [FakeInterpreterName, MtlsMode, RegExp][] = [
  ['has-a-broker', 'off', /^unix:/],
  ['has-a-broker', 'required', /^unix:/],
  // Its go-plugin verifies brokered connections under another name.
  ['has-an-old-broker', 'required', /^unix:/],
  ['has-a-broker-on-tcp', 'off', /^tcp:127\.0\.0\.1:/],
  ['has-a-broker-on-tcp', 'required', /^tcp:127\.0\.0\.1:/],
];

describe.each(ways)('the broker of %s with mutual TLS %s', (name, mtls, where) => {
  it('lets the plugin dial what the host serves', async () => {
    const { client, broker } = await started(name, { mtls });
    const id = broker.nextId();
    const { address } = await broker.acceptAndServe(id, addEcho);
    expect(address).toMatch(where);
    const { text } = await callUnary(client, brokerTestService.EchoFromHost, { id, text: 'hello' });
    expect(text).toBe('the host heard hello');
  });

  it('lets the host dial what the plugin serves', async () => {
    const { client, broker } = await started(name, { mtls });
    const { id } = await callUnary(client, brokerTestService.ServeEcho, {});
    const channel = await broker.dial(id);
    expect(await echo(channel, 'hello')).toBe('hello');
    channel.close();
  });
});

describe('a broker', () => {
  it('takes a dial from either side before the announcement', async () => {
    const { client, broker } = await started('has-a-broker');
    const dialled = broker.dial(1);
    const { id } = await callUnary(client, brokerTestService.ServeEcho, {});
    expect(id).toBe(1);
    expect(await echo(await dialled, 'early')).toBe('early');

    const answered = callUnary(client, brokerTestService.EchoFromHost, { id: 1, text: 'early' });
    await broker.acceptAndServe(broker.nextId(), addEcho);
    expect((await answered).text).toBe('the host heard early');
  });

  it('cuts off whoever is connected to a server of the host when the plugin ends', async () => {
    const { env, id, broker } = await started('has-a-broker', { mtls: 'off' });
    const { address } = await broker.acceptAndServe(broker.nextId(), addEcho);
    const clients = await Promise.all(
      ['', 'PRI * HTTP/2.0', 'GET / HTTP/1.1\r\n\r\n'].map(async (text) => {
        const client = connect({ path: address.replace('unix:', ''), allowHalfOpen: true });
        client.on('error', () => undefined);
        await once(client, 'connect');
        client.write(text);
        return client;
      }),
    );
    const ends = clients.map((client) => once(client.resume(), 'end'));
    await env.deactivate(id);
    await env.shutdown();
    await Promise.all(ends);
    for (const client of clients) client.destroy();
    expect(existsSync(address.replace('unix:', ''))).toBe(false);
  });

  it('counts its ids from 1 on, anew for every process', async () => {
    const { env, id, broker } = await started('has-a-broker');
    expect([broker.nextId(), broker.nextId()]).toEqual([1, 2]);
    await env.restartPlugin(id);
    expect(broker.nextId()).toBe(1);
  });

  it('refuses to use a plugin without one, which is quiet until then', async () => {
    const { env, id, client, broker } = await started('healthy');
    await callUnary(client, fakeService.Echo, Buffer.from('x'));
    expect(env.status(id)).toMatchObject({ state: 'healthy', error: null });
    const refusal = { code: 'BROKER_REFUSED', plugin: id, message: 'The plugin has no GRPCBroker.' };
    await expect(broker.dial(1)).rejects.toMatchObject(refusal);
    await expect(broker.acceptAndServe(1, addEcho)).rejects.toMatchObject(refusal);
  });

  it.each([
    ['a socket that is not there', 'unix', '/nowhere/at/all', /connected to/],
    ['a port without a listener', 'tcp', '127.0.0.1:1', /connected to/],
    ['an unknown network', 'carrier-pigeon', 'coop', /only the networks unix and tcp/],
  ])('refuses a dial to %s', async (_, network, address, message) => {
    const { id: plugin, client, broker } = await started('has-a-broker');
    await callUnary(client, brokerTestService.Announce, { id: 9, network, address });
    await expect(broker.dial(9)).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      plugin,
      message: expect.stringMatching(message) as string,
      facts: { id: 9, network, address },
    });
  });

  it('refuses a brokered server that cannot prove that it is the plugin', async () => {
    const { client, broker } = await started('has-a-broker', { mtls: 'required' });
    const other = await started('has-a-broker', { mtls: 'required' });
    const { address } = await other.broker.acceptAndServe(1, addEcho);
    const [, path = ''] = address.split('unix:');
    await callUnary(client, brokerTestService.Announce, { id: 9, network: 'unix', address: path });
    await expect(broker.dial(9)).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      cause: { code: 'CERTIFICATE_INVALID' },
    });
  });

  it('is not there while the plugin does not run', async () => {
    const { env, id } = await environmentWith('has-a-broker');
    const { broker } = env.plugin(id);
    expect(() => broker.nextId()).toThrow(
      expect.objectContaining({ code: 'PLUGIN_NOT_RUNNING', plugin: id }) as Error,
    );
    await expect(broker.dial(1)).rejects.toMatchObject({ code: 'PLUGIN_NOT_RUNNING' });
    await expect(broker.acceptAndServe(1, addEcho)).rejects.toMatchObject({ code: 'PLUGIN_NOT_RUNNING' });
  });
});

describe('what was brokered', () => {
  it.each(['is killed', 'is deactivated'])('ends with the process when it %s', async (end) => {
    const { env, id, client, broker } = await started('has-a-broker');
    const { address } = await broker.acceptAndServe(broker.nextId(), addEcho);
    const path = address.slice('unix:'.length);
    expect(existsSync(path)).toBe(true);
    const served = await callUnary(client, brokerTestService.ServeEcho, {});
    const channel = await broker.dial(served.id);
    const waiting = broker.dial(77);
    const waited = expect(waiting).rejects.toMatchObject({ code: 'BROKER_REFUSED', plugin: id });
    const { pid } = env.status(id);
    if (end === 'is killed') process.kill(pid as number, 'SIGKILL');
    else await env.deactivate(id);
    await waited;
    await Promise.race([until(env, id, 'crashed'), until(env, id, 'idle')]);
    expect(existsSync(path)).toBe(false);
    await expect(echo(channel, 'x')).rejects.toThrow();
  });

  it('can be ended before, socket and all', async () => {
    const { client, broker } = await started('has-a-broker');
    const server = await broker.acceptAndServe(broker.nextId(), addEcho);
    const path = server.address.slice('unix:'.length);
    await callUnary(client, brokerTestService.EchoFromHost, { id: server.id, text: 'x' });
    server.close();
    server.close();
    await untilTrue(() => !existsSync(path));
  });

  it('frees its port', async () => {
    const { env, broker } = await started('has-a-broker-on-tcp');
    const { address } = await broker.acceptAndServe(broker.nextId(), addEcho);
    const port = Number(address.split(':').at(-1));
    await env.shutdown();
    const server = createServer();
    afterTest(() => server.close());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
  });
});
