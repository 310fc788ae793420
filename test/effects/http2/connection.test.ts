import {
  connectivityState,
  credentials,
  Metadata,
  status as code,
  type ChannelInterface,
} from '@grpc/grpc-js';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { createHttp2Channel } from '../../../src/effects/http2/channel.js';
import { openConnection } from '../../../src/effects/http2/connection.js';
import { openSocket } from '../../../src/effects/socket/open-socket.js';
import { concatMap, NEVER, tap } from 'rxjs';
import { afterTest } from '../../support/environment.js';
import { untilTrue } from '../../support/until-true.js';
import { frameServer, goaway, grpcAnswer, okTrailers, reset } from './frames.js';
import {
  answer,
  ask,
  comparable,
  grpcHeaders,
  message,
  ours,
  rawServer,
  scriptedServer,
  theirs,
} from './support.js';

const { IDLE, CONNECTING, READY, TRANSIENT_FAILURE, SHUTDOWN } = connectivityState;
const answering = () =>
  scriptedServer((stream) => {
    answer(stream, { chunks: [message('one')] });
  });
const connected = (channel: ReturnType<typeof ours>) =>
  new Promise<unknown>((resolve) => {
    channel.connect(resolve);
  });

/** An address of this machine's where nobody listens. */
async function nobody() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return { address: { network: 'tcp', address: `127.0.0.1:${port}` }, target: `127.0.0.1:${port}` } as const;
}

function statesOf(channel: ChannelInterface): string[] {
  const states = [connectivityState[channel.getConnectivityState(false)]];
  const follow = (from: connectivityState): void => {
    channel.watchConnectivityState(from, Infinity, (error) => {
      if (error) return;
      const now = channel.getConnectivityState(false);
      states.push(connectivityState[now]);
      if (now !== SHUTDOWN) follow(now);
    });
  };
  follow(channel.getConnectivityState(false));
  return states;
}

describe('a channel', () => {
  it('connects when it is asked to, and not before', async () => {
    const server = await answering();
    const channel = ours(server);
    const states = statesOf(channel);
    expect(channel.getConnectivityState(false)).toBe(IDLE);
    expect(server.sessions.size).toBe(0);
    expect(await connected(channel)).toBeNull();
    await untilTrue(() => states.length === 3);
    expect(states).toEqual(['IDLE', 'CONNECTING', 'READY']);
    expect(await connected(channel)).toBeNull();
    expect(server.sessions.size).toBe(1);
  });

  it('connects for its first call, and once for many', async () => {
    const server = await answering();
    const channel = ours(server);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask(channel)));
    expect(outcomes.every(({ status }) => status.code === code.OK)).toBe(true);
    expect(server.sessions.size).toBe(1);
  });

  it('connects when its state is asked for with the wish', async () => {
    const channel = ours(await answering());
    expect(channel.getConnectivityState(true)).toBe(CONNECTING);
    await untilTrue(() => channel.getConnectivityState(true) === READY);
  });

  it('tells why it cannot connect, and tries again with the next call', async () => {
    const place = await nobody();
    const channel = ours(place);
    expect(await connected(channel)).toMatchObject({ code: 'ECONNREFUSED' });
    expect(channel.getConnectivityState(false)).toBe(TRANSIENT_FAILURE);
    const { status } = await ask(channel);
    expect(status.code).toBe(code.UNAVAILABLE);
    expect(status.details).toMatch(/^No connection to tcp:127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    expect((await ask(theirs(place))).status.code).toBe(code.UNAVAILABLE);
  });

  it('lets calls that wait for ready outlast a failure, and no others', async () => {
    const place = await nobody();
    const channel = ours(place);
    const patient = ask(channel, { waitForReady: true });
    expect((await ask(channel)).status.code).toBe(code.UNAVAILABLE);
    const server = createServer().listen(Number(place.target.split(':')[1]), '127.0.0.1');
    await once(server, 'listening');
    afterTest(() => server.close());
    server.on('connection', (socket) => {
      socket.destroy();
    });
    expect((await ask(channel)).status.code).toBe(code.UNAVAILABLE);
    await new Promise((resolve) => server.close(resolve));
    channel.destroy();
    expect((await patient).status).toMatchObject({
      code: code.UNAVAILABLE,
      details: 'The channel is closed',
    });
  });

  it('sends what waits for ready as soon as it is connected by another call', async () => {
    const server = await answering();
    let isUp = false;
    const channel = createHttp2Channel({
      target: server.target,
      open: () => {
        const address = isUp ? server.address : ({ network: 'unix', address: '/nowhere' } as const);
        return openSocket(address).pipe(
          concatMap((socket) => openConnection(socket, { authority: 'localhost', peer: 'it' })),
        );
      },
    });
    afterTest(() => {
      channel.destroy();
    });
    const patient = ask(channel, { waitForReady: true });
    await untilTrue(() => channel.getConnectivityState(false) === TRANSIENT_FAILURE);
    isUp = true;
    await ask(channel);
    expect((await patient).messages.map(String)).toEqual(['one']);
  });

  it('waits for the greeting of a server: a call meanwhile ends by its deadline', async () => {
    const server = await rawServer((socket) => socket.resume());
    const channel = ours(server);
    expect((await ask(channel, { deadline: Date.now() + 50 })).status.code).toBe(code.DEADLINE_EXCEEDED);
    expect(channel.getConnectivityState(false)).toBe(CONNECTING);
    expect(server.sockets.size).toBe(1);
    channel.destroy();
    await untilTrue(() => server.sockets.size === 0);
  });

  it('watches its state no longer than it is told', async () => {
    const channel = ours(await answering());
    const error = await new Promise((resolve) => {
      channel.watchConnectivityState(IDLE, Date.now() + 20, resolve);
    });
    expect(error).toBeInstanceOf(Error);
    const changed = await new Promise((resolve) => {
      channel.watchConnectivityState(READY, Infinity, resolve);
    });
    expect(changed).toBeUndefined();
  });
});

describe('a connection that was lost', () => {
  it('is made again by the next call', async () => {
    const server = await answering();
    const channel = ours(server);
    for (let round = 0; round < 3; round += 1) {
      expect((await ask(channel)).status.code).toBe(code.OK);
      for (const socket of server.sockets) socket.destroy();
      await untilTrue(() => channel.getConnectivityState(false) === IDLE);
    }
  });

  it('while a call was being signed does not matter to it: it was never sent', async () => {
    const server = await answering();
    const channel = ours(server);
    await connected(channel);
    const whole = new Metadata();
    whole.set('authorization', 'me');
    let isFirst = true;
    const signature = credentials.createFromMetadataGenerator((_, done) => {
      if (isFirst) for (const socket of server.sockets) socket.destroy();
      const isReady = (): boolean => !isFirst || channel.getConnectivityState(false) === IDLE;
      void untilTrue(isReady).then(() => {
        isFirst = false;
        done(null, whole);
      });
    });
    const call = channel.createCall('/test.Service/Method', Infinity, null, null, null);
    call.setCredentials(signature);
    const outcome = await ask({ ...channel, createCall: () => call });
    expect(outcome.status.code).toBe(code.OK);
    expect(server.requests).toMatchObject([{ authorization: 'me' }]);
  });
});

describe('a server that says goodbye', () => {
  it('is connected to again by the next call, while those in flight end in peace', async () => {
    const streams: ServerHttp2Stream[] = [];
    const server = await scriptedServer((stream) => {
      streams.push(stream);
      stream.respond(grpcHeaders, { waitForTrailers: true });
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'grpc-status': '0' });
      });
    });
    const channel = ours(server);
    const first = ask(channel);
    await untilTrue(() => streams.length === 1);
    for (const session of server.sessions) session.close();
    await untilTrue(() => channel.getConnectivityState(false) === IDLE);
    const second = ask(channel);
    await untilTrue(() => streams.length === 2);
    expect(server.sessions.size).toBe(2);
    for (const stream of streams) stream.end(message('done'));
    for (const outcome of [await first, await second])
      expect(comparable(outcome)).toMatchObject({ code: 'OK', messages: ['done'] });
    await untilTrue(() => server.sessions.size === 1);
  });

  it('before a call was processed has that call made again on the next connection', async () => {
    let connections = 0;
    const server = await frameServer((stream) => {
      if (stream === 1) connections += 1;
      if (connections > 1) return Buffer.concat([grpcAnswer(stream), okTrailers(stream)]);
      return stream === 1
        ? null
        : Buffer.concat([goaway(1, constants.NGHTTP2_NO_ERROR), grpcAnswer(1), okTrailers(1)]);
    });
    const channel = ours(server);
    const outcomes = await Promise.all([ask(channel), ask(channel)]);
    expect(outcomes.map(({ status }) => status.code)).toEqual([code.OK, code.OK]);
    expect(connections).toBe(2);
  });

  it('on every connection ends the call with UNAVAILABLE in the end', async () => {
    const server = await frameServer(() => goaway(0, constants.NGHTTP2_NO_ERROR));
    const { status } = await ask(ours(server));
    expect(status.code).toBe(code.UNAVAILABLE);
    expect(status.details).toBe('The server was leaving and did not process the call');
  });

  it('and goes on with its calls for ever is left when the channel is destroyed', async () => {
    const server = await scriptedServer((stream) => {
      stream.respond(grpcHeaders);
    });
    const channel = ours(server);
    const endless = ask(channel, {
      metadataCame: () => {
        for (const session of server.sessions) session.close();
      },
    });
    await untilTrue(() => channel.getConnectivityState(false) === IDLE && server.requests.length === 1);
    channel.destroy();
    expect((await endless).status.code).toBe(code.UNAVAILABLE);
    await untilTrue(() => server.sockets.size === 0);
  });
});

describe('a channel that is closed', () => {
  it('lets calls finish, takes none any more, and ends its connection after them', async () => {
    let held: ServerHttp2Stream | null = null;
    const server = await scriptedServer((stream) => {
      held = stream;
    });
    const channel = ours(server);
    const call = ask(channel);
    await untilTrue(() => held !== null);
    channel.close();
    expect(channel.getConnectivityState(true)).toBe(SHUTDOWN);
    expect((await ask(channel)).status).toMatchObject({
      code: code.UNAVAILABLE,
      details: 'The channel is closed',
    });
    expect(await connected(channel)).toBeInstanceOf(Error);
    answer(held as unknown as ServerHttp2Stream, { chunks: [message('late')] });
    expect((await call).messages.map(String)).toEqual(['late']);
    await untilTrue(() => server.sockets.size === 0);
    channel.close();
  });

  it('at once fails its calls, also after it was closed gently', async () => {
    const server = await scriptedServer(() => undefined);
    const channel = ours(server);
    const call = ask(channel);
    await untilTrue(() => server.requests.length === 1);
    channel.close();
    channel.destroy();
    expect((await call).status.code).toBe(code.UNAVAILABLE);
    await untilTrue(() => server.sockets.size === 0);
  });

  it('while it connects fails those who wait, and leaves nothing open', async () => {
    let left = 0;
    const channel = createHttp2Channel({
      target: 'nowhere',
      open: () =>
        NEVER.pipe(
          tap({
            unsubscribe: () => {
              left += 1;
            },
          }),
        ),
    });
    const asked = connected(channel);
    const call = ask(channel, { waitForReady: true });
    channel.close();
    expect(await asked).toBeInstanceOf(Error);
    expect((await call).status.code).toBe(code.UNAVAILABLE);
    expect(left).toBe(1);
  });
});

describe('a refused stream', () => {
  const refusing = (times: number) => {
    let refused = 0;
    return frameServer((stream) => {
      refused += 1;
      return refused <= times
        ? reset(stream, constants.NGHTTP2_REFUSED_STREAM)
        : Buffer.concat([grpcAnswer(stream), okTrailers(stream)]);
    });
  };

  it('is asked for again, as the server has done nothing with it', async () => {
    expect((await ask(ours(await refusing(2)))).status.code).toBe(code.OK);
  });

  it('is UNAVAILABLE where it is refused again and again', async () => {
    const { status } = await ask(ours(await refusing(100)));
    expect(status).toMatchObject({ code: code.UNAVAILABLE, details: 'The stream was refused' });
  });

  it('is not asked for again where too much has been sent on it', async () => {
    const server = await frameServer((stream) => reset(stream, constants.NGHTTP2_REFUSED_STREAM));
    const { status } = await ask(ours(server), { messages: [Buffer.alloc(300 * 1024)] });
    expect(status.code).toBe(code.UNAVAILABLE);
  });
});
