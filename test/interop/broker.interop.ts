import type { sendUnaryData } from '@grpc/grpc-js';
import { bidirectional } from './bidirectional.js';
import { unary } from './calls.js';
import { helperCommand, hostOfExample, hostOfHelper, temporaryFolder } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';
import { AddHelper, Counter, Test } from './services.js';
import { connectionModes } from './ways.js';

describe(programs.helper.name, () => {
  testRow(41, async () => {
    for (const { options, transport } of connectionModes) {
      const { env, id } = await hostOfHelper(helperCommand('test-grpc'), options);
      await env.activate(id);
      expect(env.status(id)).toMatchObject({ transport, multiplexed: options.multiplex === 'required' });
      await expect(unary(env.plugin(id).client(Test), 'Double', { input: 21 })).resolves.toEqual({
        output: 42,
      });
      for (let round = 1; round <= 3; round += 1) {
        const { pinged, ping } = await bidirectional(env, id);
        await expect(ping()).resolves.toEqual({ msg: 'pong' });
        expect(pinged()).toBe(1);
      }
      await env.deactivate(id);
      expect(env.status(id).lastExit).toMatchObject({ code: 0, stopStep: 'requestingShutdown', error: null });
    }
  });

  testRow(42, async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'));
    await env.activate(id);
    const { ping } = await bidirectional(env, id);
    for (let round = 0; round < 3; round += 1) await expect(ping()).resolves.toEqual({ msg: 'pong' });
  });

  testRow(47, async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-mtls'), { offered: [2], mtls: 'required' });
    await env.activate(id);
    await env.performHealthCheck(id);
    expect(env.status(id).transport).toBe('mtls');
    await expect(unary(env.plugin(id).client(Test), 'Double', { input: 3 })).resolves.toEqual({ output: 6 });
    const { pinged, ping } = await bidirectional(env, id);
    await expect(ping()).resolves.toEqual({ msg: 'pong' });
    expect(pinged()).toBe(1);
  });
});

describe(programs.bidirectional.name, () => {
  it.each(connectionModes)('has the host do its sums, once for each call, $way', async ({ options }) => {
    const { env, id } = await hostOfExample('bidirectional-counter', { cwd: temporaryFolder(), ...options });
    await env.activate(id);
    const counter = env.plugin(id).client(Counter);
    for (const value of [40, 2]) {
      const served = env.plugin(id).broker;
      const add_server = served.nextId();
      const brokered = await served.acceptAndServe(add_server, (server) => {
        server.addService(AddHelper.service, {
          // A number that is zero is not sent.
          Sum: ({ request: { a = 0, b = 0 } }: Summands, answer: sendUnaryData<object>) => {
            answer(null, { r: a + b });
          },
        });
      });
      await unary(counter, 'Put', { add_server, key: 'books', value });
      brokered.close();
    }
    await expect(unary(counter, 'Get', { key: 'books' })).resolves.toEqual({ value: 42 });
  });
});

interface Summands {
  readonly request: { readonly a?: number; readonly b?: number };
}
