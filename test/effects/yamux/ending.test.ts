import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { createYamuxSession } from '../../../src/effects/yamux/index.js';
import { encodeHeader, flag } from '../../../src/yamux/index.js';
import { bytesOf } from '../../yamux/frames-of.js';
import { endOf, openStream, quiet, readAll, sessionPair, socketPair, streamPair, write } from './support.js';
import { untilTrue } from '../../support/until-true.js';

const quickly = { keepAliveInterval: 1, keepAliveTimeout: 20 };

describe('the end of a session', () => {
  it('by close() ends every stream on both sides, and both sockets', async () => {
    const pair = await sessionPair();
    const streams = [...(await streamPair(pair)), openStream(pair.client), openStream(pair.server)];
    const ends = streams.map(endOf);
    pair.client.close();
    pair.client.close();
    expect(await pair.client.closed).toMatchObject({ reason: 'session-closed', code: 'ECONNRESET' });
    expect(await pair.server.closed).toMatchObject({ reason: 'socket-lost' });
    expect((await Promise.all(ends)).map((error) => (error as { reason: string }).reason)).toEqual([
      'session-closed',
      'socket-lost',
      'session-closed',
      'socket-lost',
    ]);
    expect(pair.sockets.map(({ closed }) => closed)).toEqual([true, true]);
    expect(() => pair.client.open()).toThrow(/closed on this side/);
    await expect(pair.server.ping()).rejects.toMatchObject({ reason: 'socket-lost' });
  });

  it('comes with the end of the socket, and fails pending pings and writes', async () => {
    const pair = await sessionPair();
    const [near] = await streamPair(pair);
    const writing = write(near, Buffer.alloc(1_000_000));
    const [ping, end] = [pair.client.ping(), endOf(near)];
    pair.sockets[1].destroy();
    await expect(ping).rejects.toMatchObject({ reason: 'socket-lost' });
    await expect(writing).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await end).toBe(await pair.client.closed);
  });

  it('comes with an error of the socket, which is its cause', async () => {
    const [near] = await socketPair();
    const session = createYamuxSession(near, 'client');
    const cause = new Error('pulled the plug');
    near.destroy(cause);
    expect(await session.closed).toMatchObject({ reason: 'socket-lost', cause });
  });

  it('has come already on a socket that is closed', async () => {
    const [near] = await socketPair();
    near.destroy();
    await once(near, 'close');
    const session = createYamuxSession(near, 'client');
    expect(await session.closed).toMatchObject({ reason: 'socket-lost' });
    expect(() => session.open()).toThrow(/was closed/);
  });

  it('does not affect a stream that was ended on both sides', async () => {
    const pair = await sessionPair();
    const [near, far] = await streamPair(pair);
    near.end('last bytes');
    far.end();
    await pair.client.ping();
    await pair.server.ping();
    pair.client.close();
    await pair.server.closed;
    expect((await readAll(far)).toString()).toBe('last bytes');
  });

  it('comes with a protocol error of the peer, which gets a go-away', async () => {
    const [near, far] = await socketPair();
    const session = createYamuxSession(near, 'client');
    const end = endOf(openStream(session));
    far.write(bytesOf('data S 1 1'));
    expect(await session.closed).toMatchObject({ reason: 'protocol-violated' });
    expect(await end).toBe(await session.closed);
    expect(await readAll(far)).toEqual(bytesOf('windowUpdate S 1 0', 'goAway - 0 1'));
  });

  it('emits no error on streams that no listener has got', async () => {
    const pair = await sessionPair();
    openStream(pair.client);
    await pair.client.ping();
    pair.sockets[0].destroy();
    await pair.server.closed;
  });

  it('passes no stream to a listener that has closed the session at the first one', async () => {
    const [near, far] = await socketPair();
    const session = createYamuxSession(near, 'server');
    let taken = 0;
    session.onStream((stream) => {
      quiet(stream);
      taken += 1;
      session.close();
    });
    far.write(bytesOf('windowUpdate S 1 0', 'windowUpdate S 3 0', 'ping S 0 1'));
    expect(await session.closed).toMatchObject({ reason: 'session-closed' });
    expect(taken).toBe(1);
    expect(await readAll(far)).toEqual(bytesOf('ping A 0 1', 'windowUpdate A 1 0', 'goAway - 0 0'));
  });

  it('does not wait for a peer that reads nothing', async () => {
    const stuck = new Duplex({ read: () => undefined, write: () => undefined });
    const session = createYamuxSession(stuck, 'client', { flushTimeout: 1 });
    session.close();
    expect(await session.closed).toMatchObject({ reason: 'session-closed' });
  });
});

describe('a stream that comes, is written to and ends in one packet', () => {
  it('is read whole by a listener that ends its own direction at once', async () => {
    const [near, far] = await socketPair();
    const session = createYamuxSession(near, 'client');
    const received = new Promise<Buffer>((resolve, reject) => {
      session.onStream((stream) => {
        stream.end();
        readAll(quiet(stream)).then(resolve, reject);
      });
    });
    const header = { type: 'data', streamId: 2, length: 5 } as const;
    far.write(Buffer.concat([encodeHeader({ ...header, flags: flag.syn | flag.fin }), Buffer.from('hello')]));
    expect((await received).toString()).toBe('hello');
    session.close();
  });
});

describe('a peer that does not read the answers to its frames', () => {
  it('loses its session beyond the limit', async () => {
    const [near, far] = await socketPair();
    const session = createYamuxSession(near, 'client');
    const ping = encodeHeader({ type: 'ping', flags: flag.syn, streamId: 0, length: 1 });
    const many = Buffer.concat(Array.from({ length: 5000 }, () => ping));
    far.on('error', () => undefined);
    const pour = (): void => {
      while (!far.destroyed && session.endReason() === null && far.write(many));
    };
    far.on('drain', pour);
    pour();
    expect(await session.closed).toMatchObject({ reason: 'limit-exceeded' });
  });
});

describe('keep-alive', () => {
  it('ends the session when the peer does not answer', async () => {
    const [near, far] = await socketPair();
    const session = createYamuxSession(near, 'client', quickly);
    const pinged = readAll(far);
    expect(await session.closed).toMatchObject({ reason: 'ping-unanswered' });
    expect(await pinged).toEqual(bytesOf('ping S 0 0'));
  });

  it('pings at an interval while the peer answers', async () => {
    const [near, far] = await socketPair();
    const session = createYamuxSession(near, 'client', quickly);
    const seen = new PassThrough();
    far.on('data', (bytes: Buffer) => seen.write(bytes));
    createYamuxSession(far, 'server', { keepAliveInterval: 0 });
    await untilTrue(() => seen.readableLength >= 5 * 12);
    expect(seen.read(5 * 12)).toEqual(bytesOf(...[0, 1, 2, 3, 4].map((value) => `ping S 0 ${value}`)));
    session.close();
    await session.closed;
  });

  it('tolerates an answer that is unread because this process was busy', async () => {
    const [near, far] = await socketPair();
    const session = createYamuxSession(near, 'client', { keepAliveInterval: 1, keepAliveTimeout: 30 });
    let answers = 0;
    far.on('data', () => {
      far.write(bytesOf(`ping A 0 ${answers}`));
      answers += 1;
      const busyUntil = performance.now() + (answers === 1 ? 60 : 0);
      while (performance.now() < busyUntil);
    });
    await Promise.race([untilTrue(() => answers === 3), session.closed]);
    expect(answers).toBe(3);
  });
});

describe('a stream that the peer leaves unacknowledged', () => {
  it('ends the session after a timeout', async () => {
    const [near] = await socketPair();
    const session = createYamuxSession(near, 'client', { openTimeout: 5 });
    const stream = openStream(session);
    expect(await endOf(stream)).toMatchObject({ reason: 'open-unanswered' });
    expect(await session.closed).toMatchObject({ reason: 'open-unanswered' });
  });

  it('does not when it was acknowledged or ended', async () => {
    const { client, server } = await sessionPair({ openTimeout: 20 });
    openStream(client).end();
    const [near] = await streamPair({ client, server, sockets: await socketPair() });
    const late = performance.now() + 40;
    await untilTrue(() => performance.now() > late);
    await write(near, Buffer.from('fine'));
    await client.ping();
  });
});
