import { createWebSocketInspector } from '@statelyai/inspect';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { EnvironmentOptions } from '../../../src/environment/index.js';
import { optionProblems } from '../../../src/environment/options/option-problems.js';
import type { Message } from './inspector-client.js';
import { createInspectedTree } from '../inspected-tree.js';

describe("Stately's own WebSocket inspector", () => {
  it('sends its server the events of an environment that it inspects', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const messages: Message[] = [];
    const received = new Promise<void>((resolve) => {
      server.on('connection', (socket) => {
        socket.on('message', (data: Buffer) => {
          messages.push(JSON.parse(data.toString()) as Message);
          if (messages.at(-1)?.event?.type === 'hook.returned' && messages.at(-1)?.snapshot !== undefined)
            resolve();
        });
      });
    });
    const { port } = server.address() as AddressInfo;
    const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}` });
    const options: EnvironmentOptions = { bundles: [], inspect: inspector.inspect };
    expect(optionProblems(options)).toEqual([]);
    try {
      createInspectedTree(inspector.inspect).start('com.example.hello');
      await received;
      expect(new Set(messages.map(({ type }) => type))).toEqual(
        new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']),
      );
      expect(messages.find(({ name }) => name === 'com.example.hello')?.definition).toContain(
        '"id":"plugin"',
      );
      const [last] = messages.filter(({ event }) => event?.type === 'hook.returned').slice(-1);
      expect(last?.snapshot).toMatchObject({ value: { live: 'healthy' } });
    } finally {
      inspector.stop();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    }
  });
});
