import { createWebSocketReceiver } from '@statelyai/inspect';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { assign, createActor, createMachine } from 'xstate';
import { PluginError } from '../../../src/model/index.js';
import { startInspector, type Inspector, type InspectorOptions } from '../../../src/observe/index.js';
import { emitExit } from '../../../src/testing/index.js';
import { connectClient, openRaw, rejectionStatus, requestHead, type Message } from './inspector-client.js';
import { createInspectedTree } from '../inspected-tree.js';

const open: Inspector[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((inspector) => inspector.close()));
});

async function start(options?: InspectorOptions): Promise<Inspector> {
  const inspector = await startInspector(options);
  open.push(inspector);
  return inspector;
}

describe('an inspector', () => {
  it('sends the actors, events and snapshots of an environment to a Stately receiver', async () => {
    const inspector = await start();
    const seen: Message[] = [];
    const receiver = createWebSocketReceiver({ server: inspector.url.replace('http:', 'ws:') });
    const healthy = new Promise<void>((resolve) => {
      receiver.subscribe((event) => {
        seen.push(event as unknown as Message);
        if (JSON.stringify(event.type === '@xstate.snapshot' && event.snapshot).includes('"healthy"'))
          resolve();
      });
    });
    const { root, start: startPlugin } = createInspectedTree(inspector.inspect);
    startPlugin('com.example.hello');
    await healthy;
    expect(seen.filter(({ type }) => type === '@xstate.actor').map(({ name }) => name)).toEqual([
      'environment',
      'group:root',
      'com.example.hello',
      'process',
      'logs',
      'handshake',
      'dial',
      'stdio',
      'broker',
      'connection',
      'probe',
      'onActivate',
      'health',
    ]);
    const plugin = seen.find(({ name }) => name === 'com.example.hello');
    const group = seen.find(({ name }) => name === 'group:root');
    expect(group).toMatchObject({ rootId: root.sessionId, parentId: root.sessionId, _version: '0.7.2' });
    expect(plugin).toMatchObject({ rootId: root.sessionId, parentId: group?.sessionId, _version: '0.7.2' });
    expect(JSON.parse(plugin?.definition ?? '')).toMatchObject({ id: 'plugin', initial: 'idle' });
    expect(seen).toContainEqual(
      expect.objectContaining({
        type: '@xstate.event',
        sessionId: plugin?.sessionId,
        event: { type: 'stdio.opened', generation: 1 },
      }),
    );
  });

  it('sends a new client the state of every running actor, and nothing of stopped ones', async () => {
    const inspector = await start();
    const tree = createInspectedTree(inspector.inspect);
    for (let index = 0; index < 30; index += 1) tree.start(`com.example.plugin${index}`);
    emitExit(tree.simulator, { code: 0 }, 'com.example.plugin0');
    for (let index = 0; index < 100; index += 1)
      tree.root.send({ type: 'environment.activate', plugin: 'com.example.unknown' });
    const { waitFor, messages } = await connectClient(inspector.url);
    await waitFor(({ event }) => event?.type === 'environment.activate');
    const actors = messages.filter(({ type }) => type === '@xstate.actor');
    const names = actors.map(({ name }) => name);
    expect(names.filter((name) => name?.startsWith('com.example.'))).toHaveLength(30);
    expect(actors.find(({ name }) => name === 'com.example.plugin7')?.snapshot).toMatchObject({
      status: 'active',
      value: { live: 'healthy' },
      context: { generation: 1, process: { pid: 4711 } },
    });
    expect(names.filter((name) => name === 'process')).toHaveLength(29);
    expect(names).not.toContain('handshake');
    expect(messages.length).toBeLessThanOrEqual(actors.length + 200);
  });

  it('omits actors that were created but never started', async () => {
    const inspector = await start();
    const tree = createInspectedTree(inspector.inspect);
    tree.start('com.example.hello');
    tree.root.send({ type: 'environment.deactivate', plugin: 'com.example.hello' });
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    const { waitFor, messages } = await connectClient(inspector.url);
    await waitFor(({ event }) => event?.type === 'drain.finished');
    expect(messages.map(({ name }) => name)).not.toContain('onDeactivate');
  });

  it('keeps only the newest entries', async () => {
    const inspector = await start();
    const actor = createActor(counter, { inspect: inspector.inspect }).start();
    for (let index = 0; index < 10_000; index += 1) actor.send({ type: 'count' });
    const { waitFor, messages } = await connectClient(inspector.url);
    await waitFor(({ snapshot }) => snapshot?.context?.count === 10_000);
    expect(messages.filter(({ type }) => type !== '@xstate.actor')).toHaveLength(200);
    expect(messages[0]).toMatchObject({ type: '@xstate.actor', name: 'counter' });
  });

  it('serializes nothing until a client connects', async () => {
    const inspector = await start();
    let written = 0;
    const machine = createMachine({
      id: 'm',
      context: { handle: { toJSON: () => (written += 1) } },
      on: { go: {} },
    });
    const actor = createActor(machine, { inspect: inspector.inspect }).start();
    for (let index = 0; index < 10; index += 1) actor.send({ type: 'go' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBe(0);
    const { waitFor } = await connectClient(inspector.url);
    await waitFor(({ type }) => type === '@xstate.snapshot');
    expect(written).toBeGreaterThan(0);
  });

  it('redacts environment variables, and shows errors and handles', async () => {
    const inspector = await start();
    const tree = createInspectedTree(inspector.inspect);
    const { waitFor, messages } = await connectClient(inspector.url);
    tree.start('com.example.hello');
    tree.start('com.example.broken');
    tree.simulator.running('process', 'com.example.broken').emit({
      type: 'process.failed',
      at: 0,
      error: new PluginError({ code: 'SPAWN_FAILED', message: 'No more processes.', hint: 'Wait.' }),
    });
    const failed = await waitFor(
      ({ event, snapshot }) => event?.type === 'process.failed' && snapshot !== undefined,
    );
    expect(failed.snapshot?.context?.error).toMatchObject({
      code: 'SPAWN_FAILED',
      message: 'No more processes.',
    });
    const text = JSON.stringify(messages);
    expect(text).toContain('DATABASE_PASSWORD');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('de_CH.UTF-8');
    expect(text).toContain('"process":{"pid":4711');
    expect(text).toContain(
      '"channel":{"address":"unix:/simulated","transport":"plaintext","multiplexed":false}',
    );
  });

  it('keeps the actors of two roots apart', async () => {
    const inspector = await start();
    const one = createActor(counter, { inspect: inspector.inspect }).start();
    const other = createActor(counter, { inspect: inspector.inspect }).start();
    one.stop();
    const { waitFor, messages } = await connectClient(inspector.url);
    other.send({ type: 'count' });
    await waitFor(({ event, type }) => event?.type === 'count' && type === '@xstate.snapshot');
    const states = messages.filter(({ type }) => type === '@xstate.snapshot');
    expect(
      states.map(({ rootId, snapshot }) => [rootId, snapshot?.status, snapshot?.context?.count]),
    ).toEqual([
      [one.sessionId, 'active', 0],
      [other.sessionId, 'active', 0],
      [one.sessionId, 'stopped', 0],
      [other.sessionId, 'active', 1],
    ]);
  });

  it('reports actors that were there before it, parents first', async () => {
    const inspector = await start();
    const tree = createInspectedTree(() => undefined);
    tree.start('com.example.hello');
    tree.root.system.inspect(inspector.inspect);
    tree.clock.advance(5000);
    const { waitFor, messages } = await connectClient(inspector.url);
    await waitFor(({ name }) => name === 'probe');
    const names = messages.filter(({ type }) => type === '@xstate.actor').map(({ name }) => name);
    expect(names).toEqual(['environment', 'group:root', 'com.example.hello', 'health', 'probe']);
  });

  it('keeps the order of thousands of events in one iteration of the event loop', async () => {
    const inspector = await start();
    const { waitFor, messages } = await connectClient(inspector.url);
    const actor = createActor(counter, { inspect: inspector.inspect }).start();
    for (let index = 0; index < 3000; index += 1) actor.send({ type: 'count' });
    await waitFor(({ snapshot }) => snapshot?.context?.count === 3000);
    const counts = messages
      .filter(({ type }) => type === '@xstate.snapshot')
      .map(({ snapshot }) => snapshot?.context?.count);
    expect(counts).toEqual(Array.from({ length: 3001 }, (_, index) => index));
  });

  it('disconnects a client that does not read, and serves the others', async () => {
    const inspector = await start();
    const { socket: reader } = await connectClient(inspector.url);
    const paused = await openAndNeverRead(inspector.url);
    const actor = createActor(chatty, { inspect: inspector.inspect }).start();
    const chunk = 'x'.repeat(10_000);
    let received = 0;
    reader.on('message', () => (received += 1));
    const gone = once(paused, 'close');
    while (!paused.destroyed && received < 100_000) {
      for (let index = 0; index < 50; index += 1) actor.send({ type: 'say', chunk });
      // A socket reports the end of its peer only after the buffered data has been read.
      if (received > 3000) paused.resume();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await gone;
    expect(paused.bytesRead).toBeLessThan(received * chunk.length);
    const before = received;
    actor.send({ type: 'say', chunk });
    await once(reader, 'message');
    expect(received).toBeGreaterThan(before);
  });

  it('disconnects all clients when it is closed, and frees its port', async () => {
    const inspector = await startInspector();
    const client = await connectClient(inspector.url);
    const actor = createActor(counter, { inspect: inspector.inspect }).start();
    await inspector.close();
    await client.closed();
    actor.send({ type: 'count' });
    const again = await start({ port: Number(new URL(inspector.url).port) });
    expect(again.url).toBe(inspector.url);
  });

  it('rejects with CONFIG_INVALID when its port is taken or invalid', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const rejection = {
      code: 'CONFIG_INVALID',
      facts: { port },
      message: expect.stringContaining('EADDRINUSE') as string,
    };
    await expect(startInspector({ port })).rejects.toMatchObject(rejection);
    await expect(startInspector({ port: 70_000 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('the origin check of an inspector', () => {
  it('serves a page that may load nothing and may not be framed', async () => {
    const { url } = await start();
    const response = await fetch(url);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain('<title>Espalier</title>');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it.each([
    ['another path', { path: '/secret' }, 404],
    ['another method', { method: 'POST' }, 405],
    ['a foreign host name', { headers: { host: 'evil.example:80' } }, 403],
    [
      'a host name with the loopback name as its prefix',
      { headers: { host: 'localhost.evil.example' } },
      403,
    ],
    ['the name localhost', { headers: { host: 'localhost:1' } }, 200],
  ])('answers %s', async (_, options, status) => {
    const { url } = await start();
    const sent = request(url, options).end();
    const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(status);
  });

  it.each([
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page on another port', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed page', { origin: 'null' }],
    ['a foreign host name', { headers: { host: 'evil.example' } }],
  ])('refuses a WebSocket from %s', async (_, options) => {
    const { url } = await start();
    expect(await rejectionStatus(url, options)).toBe(403);
  });

  it('accepts its own page', async () => {
    const { url } = await start();
    const client = await connectClient(url, { origin: new URL(url).origin });
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('accepts at most sixteen clients', async () => {
    const { url } = await start();
    const clients = await Promise.all(Array.from({ length: 16 }, () => connectClient(url)));
    expect(await rejectionStatus(url, {})).toBe(503);
    clients[0]?.socket.close();
    await clients[0]?.closed();
    await expect(connectClient(url)).resolves.toBeDefined();
  });
});

describe('an inspector that is closed', () => {
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

  it.each([
    ['says nothing', []],
    ['sends half a request', ['GET / HTTP/1.1']],
    ['keeps its connection alive', ['GET / HTTP/1.1', 'Connection: keep-alive', '', '']],
    ['sends the body of a request byte by byte', ['GET / HTTP/1.1', 'Content-Length: 100', '', 'x']],
    ['was refused, and does not close', ['GET / HTTP/1.1', ...upgrade, key, 'Origin: http://evil', '', '']],
    ['sent no key, and does not close', ['GET / HTTP/1.1', ...upgrade, '', '']],
    ['is connected, and does not read', ['GET / HTTP/1.1', ...upgrade, key, '', '']],
  ])('does not wait for a client that %s', async (_, lines) => {
    const inspector = await startInspector();
    const client = await openRaw(inspector.url);
    client.write(requestHead(inspector.url, lines));
    // The server has taken the connection, and dealt with what was sent before this answer.
    await connectClient(inspector.url);
    if (lines.length > 2) await once(client, 'readable');
    await inspector.close();
    await expect(
      startInspector({ port: Number(new URL(inspector.url).port) }).then((one) => one.close()),
    ).resolves.toBeUndefined();
    client.destroy();
  });

  it('has no more than 64 connections', async () => {
    const { url } = await start();
    const clients = await Promise.all(Array.from({ length: 80 }, () => openRaw(url)));
    const dropped = clients.filter((client) => client.destroyed || client.readableEnded);
    const closed = clients.map((client) => once(client.resume(), 'end'));
    expect(dropped.length + (await settledOf(closed, 16 - dropped.length))).toBe(16);
    for (const client of clients) client.destroy();
  });
});

/** Waits until so many of the promises are settled. */
function settledOf(promises: readonly Promise<unknown>[], count: number): Promise<number> {
  return new Promise((resolve) => {
    let settled = 0;
    const settle = (): void => {
      settled += 1;
      if (settled >= count) resolve(settled);
    };
    if (count <= 0) resolve(0);
    for (const promise of promises) promise.then(settle, () => undefined);
  });
}

const counter = createMachine({
  id: 'counter',
  context: { count: 0 },
  on: {
    count: { actions: assign({ count: ({ context }: { context: { count: number } }) => context.count + 1 }) },
  },
});

const chatty = createMachine({ id: 'chatty' });

/** A client that opens a WebSocket and never reads from it. */
async function openAndNeverRead(url: string) {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = ['GET / HTTP/1.1', `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket'];
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  socket.write(`${[...head, ...key].join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.removeAllListeners('data');
  socket.pause();
  return socket;
}
