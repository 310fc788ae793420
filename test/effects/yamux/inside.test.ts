import { Server as GrpcServer, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect, createServer, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTls, createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { YamuxStream } from '../../../src/effects/yamux/index.js';
import { endOf, openStream, quiet, readAll, sessionPair, streamPair, type Pair } from './support.js';

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function over(stream: YamuxStream): ClientHttp2Session {
  return connect('http://localhost', { createConnection: () => stream });
}

async function post(
  session: ClientHttp2Session,
  path: string,
  body: Uint8Array,
  headers = {},
): Promise<Answer> {
  const request = session.request({ ':method': 'POST', ':path': path, ...headers });
  let trailers: IncomingHttpHeaders = {};
  request.on('trailers', (found: IncomingHttpHeaders) => {
    trailers = found;
  });
  const answered = once(request, 'response') as Promise<[IncomingHttpHeaders]>;
  const read = readAll(request);
  request.end(body);
  const [found] = await answered;
  return { headers: found, body: await read, trailers };
}

async function close(session: ClientHttp2Session): Promise<void> {
  const closed = once(session, 'close');
  session.close();
  await closed;
}

describe('HTTP/2 inside streams', () => {
  it('serves requests at once on several connections of one session', async () => {
    const pair = await sessionPair();
    const server = createServer();
    server.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200, path: headers[':path'] });
      stream.pipe(stream);
    });
    pair.server.onStream((stream) => server.emit('connection', quiet(stream)));
    const sessions = [1, 2, 3].map(() => over(openStream(pair.client)));
    const answers = await Promise.all(
      sessions.flatMap((session, index) =>
        [0, 1, 100, 70_000, 700_000].map(async (size) => {
          const body = Buffer.alloc(size, `${index} ${size}`);
          const answer = await post(session, `/${index}/${size}`, body);
          return answer.body.equals(body) && answer.headers['path'] === `/${index}/${size}`;
        }),
      ),
    );
    expect(answers).toEqual(Array(15).fill(true));
    await Promise.all(sessions.map(close));
  });

  it('serves in both directions of one session at once', async () => {
    const pair = await sessionPair();
    const server = createServer((request, response) => request.pipe(response));
    for (const side of [pair.client, pair.server])
      side.onStream((stream) => server.emit('connection', quiet(stream)));
    const sessions = [pair.client, pair.server].map((side) => over(openStream(side)));
    const body = Buffer.alloc(400_000, 'both ways');
    const answers = await Promise.all(sessions.map((session) => post(session, '/', body)));
    expect(answers.map((answer) => answer.body.equals(body))).toEqual([true, true]);
    await Promise.all(sessions.map(close));
  });

  it('ends its stream without an error when it is closed', async () => {
    const pair = await sessionPair();
    const server = createServer((_, response) => response.end('fine'));
    const [near, far] = await streamPair(pair);
    server.emit('connection', far);
    const ends = [near, far].map(endOf);
    const session = over(near);
    await post(session, '/', Buffer.alloc(0));
    await close(session);
    expect(await Promise.all(ends)).toEqual([null, null]);
  });

  it('fails every request with the end of the session', async () => {
    const pair = await sessionPair();
    const server = createServer(() => undefined);
    pair.server.onStream((stream) => server.emit('connection', quiet(stream)));
    const session = over(openStream(pair.client));
    const [request, whole] = [session.request({ ':path': '/' }), endOfSession(session)];
    const failed = once(request, 'error').catch((error: unknown) => [error]);
    await pair.client.ping();
    pair.sockets[1].destroy();
    expect(await whole).toMatchObject({ code: 'ECONNRESET', reason: 'socket-lost' });
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
  });
});

describe('TLS inside a stream', () => {
  const identity = 'plugin';
  const psk = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
  const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;

  async function secured(pair: Pair): Promise<readonly [YamuxStream, Promise<Buffer>]> {
    const [near, far] = await streamPair(pair);
    const options: TlsOptions = { ...shared, pskCallback: (_, name) => (name === identity ? psk : null) };
    const server = createTlsServer(options, (socket) => {
      socket.pipe(socket);
    });
    server.emit('connection', far);
    const client = connectTls({
      ...shared,
      socket: near,
      checkServerIdentity: () => undefined,
      pskCallback: () => ({ identity, psk }),
    });
    await once(client, 'secureConnect');
    const echoed = readAll(client);
    client.end(Buffer.alloc(3_000_000, 'secret'));
    return [near, echoed];
  }

  it('does its handshake, carries data both ways and ends', async () => {
    const [stream, echoed] = await secured(await sessionPair());
    const end = endOf(stream);
    expect((await echoed).equals(Buffer.alloc(3_000_000, 'secret'))).toBe(true);
    expect(await end).toBeNull();
  });
});

describe('a grpc-js server inside a stream', () => {
  const identity = (bytes: Buffer): Buffer => bytes;
  const service: ServiceDefinition = {
    Echo: {
      path: '/test.Echo/Echo',
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  };

  it('answers an HTTP/2 client', async () => {
    const pair = await sessionPair();
    const server = new GrpcServer();
    server.addService(service, {
      Echo: (call: { request: Buffer }, done: (error: null, answer: Buffer) => void) => {
        done(null, call.request);
      },
    });
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    pair.client.onStream((stream) => {
      injector.injectConnection(quiet(stream));
    });
    const session = over(openStream(pair.server));
    const answers = await Promise.all(
      [0, 10, 300_000].map((size) => {
        const message = Buffer.alloc(5 + size, 'm');
        message.writeUInt8(0);
        message.writeUInt32BE(size, 1);
        const headers = { 'content-type': 'application/grpc', te: 'trailers' };
        return post(session, '/test.Echo/Echo', message, headers).then((answer) => [
          answer.trailers['grpc-status'],
          answer.body.equals(message),
        ]);
      }),
    );
    expect(answers).toEqual(Array(3).fill(['0', true]));
    await close(session);
    await new Promise((ended) => {
      server.tryShutdown(ended);
    });
  });
});

function endOfSession(session: ClientHttp2Session): Promise<unknown> {
  return new Promise((resolve) => session.once('error', resolve));
}
