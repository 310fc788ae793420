import { once } from 'node:events';
import { initialWindow, YamuxError } from '../../../src/yamux/index.js';
import { createYamuxSession } from '../../../src/effects/yamux/index.js';
import {
  endOf,
  nextStream,
  openStream,
  quiet,
  readAll,
  sessionPair,
  socketPair,
  streamPair,
  write,
} from './support.js';
import { untilTrue } from '../../support/until-true.js';

describe('a stream', () => {
  it('carries text both ways and ends on both sides', async () => {
    const [near, far] = await streamPair(await sessionPair());
    near.end('a question');
    expect((await readAll(far)).toString()).toBe('a question');
    far.end('an answer');
    expect((await readAll(near)).toString()).toBe('an answer');
    await untilTrue(() => near.closed && far.closed);
  });

  it('can be opened by either side, many at once', async () => {
    const { client, server } = await sessionPair();
    for (const [opener, other] of [
      [client, server],
      [server, client],
    ] as const) {
      other.onStream((stream) => {
        quiet(stream).pipe(stream);
      });
      const texts = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const stream = openStream(opener);
          stream.end(`number ${index}`);
          return (await readAll(stream)).toString();
        }),
      );
      expect(texts).toEqual(texts.map((_, index) => `number ${index}`));
    }
  });

  it('is buffered with its data until there is a listener', async () => {
    const { client, server } = await sessionPair();
    openStream(client).end('early');
    await client.ping();
    expect((await readAll(await nextStream(server))).toString()).toBe('early');
  });

  it('still reads after it has ended its own side', async () => {
    const [near, far] = await streamPair(await sessionPair());
    near.end();
    await readAll(far);
    expect(near.writableFinished).toBe(true);
    const answer = Buffer.alloc(600_000, 'late');
    far.end(answer);
    expect((await readAll(near)).equals(answer)).toBe(true);
  });

  it('has the methods of a socket, which return the stream', async () => {
    const stream = openStream((await sessionPair()).client);
    expect(stream.setNoDelay().setKeepAlive(true, 5).setTimeout(5).ref().unref()).toBe(stream);
  });
});

describe('back pressure', () => {
  it('blocks a writer after 256 KiB until its reader reads', async () => {
    const pair = await sessionPair();
    const [near, far] = await streamPair(pair);
    let written = 0;
    const writing = (async () => {
      for (; written < 3 * initialWindow; written += 4096) await write(near, Buffer.alloc(4096));
      near.end();
    })();
    await untilTrue(() => written === initialWindow);
    // Whatever was sent before the questions has arrived when they are answered.
    await pair.client.ping();
    await pair.server.ping();
    expect(written).toBe(initialWindow);
    expect(far.readableLength).toBe(0);

    expect((await readAll(far)).length).toBe(3 * initialWindow);
    await writing;
  });

  it('returns credit for what was read, not for what has arrived', async () => {
    const pair = await sessionPair();
    const [near, far] = await streamPair(pair);
    const sent: number[] = [];
    pair.sockets[1].on('data', (chunk: Buffer) => sent.push(chunk.length));
    near.end(Buffer.alloc(2 * initialWindow));
    await untilTrue(() => total(sent) >= initialWindow);
    await pair.client.ping();
    const withoutReading = total(sent);
    expect(withoutReading).toBeLessThan(initialWindow + 1000);
    let read = 0;
    while (read < initialWindow / 2) {
      const chunk = far.read() as Buffer | null;
      if (chunk === null) await once(far, 'readable');
      read += chunk?.length ?? 0;
    }
    await untilTrue(() => total(sent) > withoutReading + initialWindow / 4);
    expect((await readAll(far)).length).toBe(2 * initialWindow - read);
  });

  it('on one stream does not affect the others', async () => {
    const pair = await sessionPair();
    const [stuck, unread] = await streamPair(pair);
    stuck.write(Buffer.alloc(2 * initialWindow));
    const [near, far] = await streamPair(pair);
    near.end(Buffer.alloc(2 * initialWindow));
    expect((await readAll(far)).length).toBe(2 * initialWindow);
    expect(unread.readableLength).toBe(0);
  });
});

describe('destroying a stream', () => {
  it('with an error resets it for the peer', async () => {
    const [near, far] = await streamPair(await sessionPair());
    const [here, there] = [endOf(near), endOf(far)];
    near.destroy(new Error('enough'));
    expect(await here).toMatchObject({ message: 'enough' });
    expect(await there).toMatchObject({ reason: 'stream-reset', code: 'ECONNRESET' });
  });

  it('with unsent data resets it for the peer', async () => {
    const [near, far] = await streamPair(await sessionPair());
    near.write(Buffer.alloc(2 * initialWindow));
    near.destroy();
    expect(await endOf(far)).toMatchObject({ reason: 'stream-reset' });
  });

  it('with unread data resets it for the peer', async () => {
    const [near, far] = await streamPair(await sessionPair());
    far.write('never read');
    near.once('readable', () => near.destroy());
    expect(await endOf(far)).toMatchObject({ reason: 'stream-reset' });
  });

  it('after everything was written lets the peer read all of it', async () => {
    const pair = await sessionPair();
    const [near, far] = await streamPair(pair);
    await write(near, Buffer.alloc(200_000));
    near.destroy();
    await pair.server.ping();
    expect((await readAll(far)).length).toBe(200_000);
    const end = endOf(far);
    far.end();
    expect(await end).toBeNull();
  });

  it('without reading on resets it when the peer sends more', async () => {
    const [near, far] = await streamPair(await sessionPair());
    near.destroy();
    far.write('more');
    expect(await endOf(far)).toMatchObject({ reason: 'stream-reset' });
  });

  it('before the peer has accepted it removes it there', async () => {
    const { client, server } = await sessionPair();
    client
      .open()
      .destroy(new Error('not needed'))
      .on('error', () => undefined);
    openStream(client).end('needed');
    await client.ping();
    expect((await readAll(await nextStream(server))).toString()).toBe('needed');
  });

  it('that the peer never ends resets it after a timeout', async () => {
    const pair = await sessionPair({ closeTimeout: 1 });
    const [near, far] = await streamPair(pair);
    near.destroy();
    expect(await endOf(far)).toMatchObject({ reason: 'stream-reset' });
  });
});

describe('a stream that cannot be opened', () => {
  it('is refused after a go-away of the peer, while open ones continue', async () => {
    const pair = await sessionPair();
    const [near, far] = await streamPair(pair);
    pair.server.goAway();
    await pair.server.ping();
    expect(() => pair.client.open()).toThrow(YamuxError);
    expect(() => pair.server.open()).toThrow(/opens no more streams/);
    near.end('still here');
    expect((await readAll(far)).toString()).toBe('still here');
  });

  it('is reset when the backlog of the peer is full', async () => {
    const [near, far] = await socketPair();
    const client = createYamuxSession(near, 'client', { backlog: 3 });
    const server = createYamuxSession(far, 'server', { backlog: 2 });
    const streams = [openStream(client), openStream(client), openStream(client)];
    const [, , last] = streams.map(endOf);
    expect(await last).toMatchObject({ reason: 'stream-reset' });
    for (const stream of streams) stream.end('hello');
    const taken: string[] = [];
    server.onStream((stream) => {
      void readAll(quiet(stream)).then((text) => taken.push(text.toString()));
    });
    await untilTrue(() => taken.length === 2);
    expect(taken).toEqual(['hello', 'hello']);
  });
});

function total(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 0);
}
