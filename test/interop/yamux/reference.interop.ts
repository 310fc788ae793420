import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createYamuxSession, type YamuxSession, type YamuxStream } from '../../../src/effects/yamux/index.js';
import { initialWindow } from '../../../src/yamux/index.js';
import { endOf, openStream, quiet, readAll } from '../../effects/yamux/support.js';
import { untilTrue } from '../../support/until-true.js';

const mebi = 1024 * 1024;
const amount = 8 * mebi;

interface Peer {
  readonly process: ChildProcess;
  readonly socket: Socket;
  readonly session: YamuxSession;
  /** What the reference said at its end. */
  readonly lastStderrLine: Promise<string>;
}

/** Starts the reference in a role and takes the other one. */
async function meet(role: 'client' | 'server'): Promise<Peer> {
  const directory = mkdtempSync(join(tmpdir(), 'yamux-'));
  const path = join(directory, 's');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
  const child = spawn(process.env['YAMUX_PEER'] ?? '', [role, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lastStderrLine = readAll(child.stdout).then((bytes) => bytes.toString());
  const [socket] = (await once(server, 'connection')) as [Socket];
  server.close();
  rmSync(directory, { recursive: true });
  const options = { keepAliveInterval: 20 };
  return {
    process: child,
    socket,
    session: createYamuxSession(socket, role === 'client' ? 'server' : 'client', options),
    lastStderrLine,
  };
}

function ask(session: YamuxSession, line: string): YamuxStream {
  const stream = openStream(session);
  stream.write(`${line}\n`);
  return stream;
}

async function answerTo(session: YamuxSession, line: string): Promise<string> {
  const stream = ask(session, line);
  stream.end();
  return (await readAll(stream)).toString();
}

function gift(length: number): Buffer {
  return Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
}

describe.each(['server', 'client'] as const)('the reference as yamux %s', (role) => {
  let peer: Peer;
  beforeEach(async () => {
    peer = await meet(role);
  });
  afterEach(async () => {
    peer.session.close();
    await peer.session.closed;
    if (peer.process.exitCode === null) await once(peer.process, 'exit');
    expect(peer.process.exitCode).toBe(0);
  });

  it('echoes 8 MiB while it receives them', async () => {
    const stream = ask(peer.session, 'echo');
    const sent = gift(amount);
    const echoed = readAll(stream);
    for (let at = 0, size = 1; at < amount; at += size, size = Math.min(size * 3, mebi))
      stream.write(sent.subarray(at, at + size));
    stream.end();
    expect((await echoed).equals(sent)).toBe(true);
  });

  it('takes and gives 8 MiB at once on different streams', async () => {
    const sent = gift(amount);
    const taking = ask(peer.session, 'sum');
    taking.end(sent);
    const [sum, given] = await Promise.all([
      readAll(taking),
      readAll(ask(peer.session, `give ${amount}`).end()),
    ]);
    expect(sum.toString()).toBe(`${amount} ${createHash('sha256').update(sent).digest('hex')}`);
    expect(given.equals(sent)).toBe(true);
  });

  it('answers on a stream that we have ended', async () => {
    const none = createHash('sha256').digest('hex');
    expect(await answerTo(peer.session, 'sum')).toBe(`0 ${none}`);
  });

  it('gives no more than the window to a reader that does not read, and the rest later', async () => {
    const stream = ask(peer.session, `give ${mebi}`);
    await untilTrue(() => peer.socket.bytesRead > initialWindow);
    await peer.session.ping();
    expect(peer.socket.bytesRead).toBeLessThan(initialWindow + 2000);
    stream.end();
    expect((await readAll(stream)).equals(gift(mebi))).toBe(true);
  });

  it('serves more streams at once than its backlog is long', async () => {
    const streams = Array.from({ length: 600 }, (_, index) => answerTo(peer.session, `give ${index}`));
    expect((await Promise.all(streams)).map(({ length }) => length)).toEqual(
      Array.from({ length: 600 }, (_, index) => index),
    );
  });

  it('opens more streams to us than our backlog is long', async () => {
    peer.session.onStream((stream) => {
      quiet(stream).pipe(stream);
    });
    expect(await answerTo(peer.session, 'open 300')).toBe('300 fine');
  });

  it('opens streams to us that wait until we take them', async () => {
    const answer = answerTo(peer.session, 'open 3');
    await peer.session.ping();
    peer.session.onStream((stream) => {
      quiet(stream).pipe(stream);
    });
    expect(await answer).toBe('3 fine');
  });

  it('forgets streams that both sides have ended, or that we have destroyed', async () => {
    for (let round = 0; round < 20; round += 1) {
      await answerTo(peer.session, 'give 10');
      ask(peer.session, 'echo').destroy();
      ask(peer.session, `give ${mebi}`).destroy(new Error('enough'));
    }
    let count = '';
    for (let round = 0; count !== '1' && round < 500; round += 1) {
      await peer.session.ping();
      count = await answerTo(peer.session, 'streams');
    }
    expect(count).toBe('1');
  });

  it('answers our pings and has its own answered', async () => {
    await Promise.all([peer.session.ping(), peer.session.ping(), peer.session.ping()]);
    expect(await answerTo(peer.session, 'ping')).toBe('<nil>');
  });

  it('accepts no streams after its go-away, and goes on with the open ones', async () => {
    const open = ask(peer.session, 'echo');
    expect(await answerTo(peer.session, 'leave')).toBe('<nil>');
    expect(() => peer.session.open()).toThrow(/accepts no more streams/);
    open.end('still here');
    expect((await readAll(open)).toString()).toBe('still here');
  });

  it('opens no more streams after our go-away, and goes on with the open ones', async () => {
    const open = ask(peer.session, 'open 2');
    peer.session.goAway();
    expect((await readAll(open.end())).toString()).toMatch(
      /^remote end is not accepting connections$|^connection reset$/,
    );
    await peer.session.ping();
  });

  it('ends the session, which ends our streams', async () => {
    const open = ask(peer.session, 'echo');
    const end = endOf(open);
    ask(peer.session, 'end');
    expect(await end).toMatchObject({ reason: 'socket-lost', code: 'ECONNRESET' });
    expect(await peer.lastStderrLine).toBe('ended: session shutdown\n');
  });

  it('reports the end of our session', async () => {
    const open = ask(peer.session, 'echo');
    await peer.session.ping();
    const end = endOf(open);
    peer.session.close();
    expect(await end).toMatchObject({ reason: 'session-closed' });
    await untilTrue(() => peer.process.exitCode !== null);
    expect(await peer.lastStderrLine).toMatch(/^ended: /);
  });
});
