import {
  Client,
  compressionAlgorithms,
  credentials,
  InterceptingCall,
  Metadata,
  Server,
  ServerCredentials,
  status as code,
  type CallCredentials,
  type ClientOptions,
  type Interceptor,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { EventEmitter } from 'node:events';
import { promisify } from 'node:util';
import { afterTest } from '../../support/environment.js';
import { untilTrue } from '../../support/until-true.js';
import {
  answer,
  answerAtEnd,
  ask,
  comparable,
  message,
  ours,
  plain,
  scriptedServer,
  theirs,
} from './support.js';

const raw = {
  requestSerialize: (it: Buffer) => it,
  requestDeserialize: (it: Buffer) => it,
  responseSerialize: (it: Buffer) => it,
  responseDeserialize: (it: Buffer) => it,
};
const method = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.All/${path}`,
  requestStream,
  responseStream,
  ...raw,
});
const service = {
  Unary: method('Unary', false, false),
  Upload: method('Upload', true, false),
  Download: method('Download', false, true),
  Chat: method('Chat', true, true),
  Fail: method('Fail', false, false),
} satisfies ServiceDefinition;

/** A real server of grpc-js over the four kinds of calls. */
async function realServer(options: ConstructorParameters<typeof Server>[0] = {}) {
  const server = new Server({ 'grpc.max_receive_message_length': -1, ...options });
  server.addService(service, {
    Unary: (
      call: ServerUnaryCall<Buffer, Buffer>,
      done: (error: null, answered: Buffer, trailer: Metadata) => void,
    ) => {
      call.sendMetadata(call.metadata);
      const trailer = new Metadata();
      trailer.set('length', String(call.request.length));
      trailer.set('length-bin', Buffer.of(call.request.length & 0xff));
      done(null, call.request, trailer);
    },
    Upload: (call: EventEmitter, done: (error: null, answered: Buffer) => void) => {
      let total = 0;
      call.on('data', (chunk: Buffer) => {
        total += chunk.length;
      });
      call.on('end', () => {
        done(null, Buffer.from(String(total)));
      });
    },
    Download: (call: EventEmitter & { request: Buffer; write(it: Buffer): void; end(): void }) => {
      for (let at = 0; at < 100; at += 1) call.write(Buffer.from(`${at}:${call.request.toString()}`));
      call.end();
    },
    Chat: (call: EventEmitter & { write(it: Buffer): void; end(): void }) => {
      call.on('data', (chunk: Buffer) => {
        call.write(chunk);
      });
      call.on('end', () => {
        call.end();
      });
    },
    Fail: (_: unknown, done: (error: object) => void) => {
      const metadata = new Metadata();
      metadata.set('why', 'because');
      done({ code: code.ALREADY_EXISTS, details: 'schön 100%', metadata });
    },
  });
  const port = await promisify(server.bindAsync.bind(server))(
    '127.0.0.1:0',
    ServerCredentials.createInsecure(),
  );
  afterTest(() => {
    server.forceShutdown();
  });
  const target = `127.0.0.1:${port}`;
  return { target, address: { network: 'tcp', address: target } as const };
}

function clientOver(
  channel: ReturnType<typeof ours> | ReturnType<typeof theirs>,
  options: ClientOptions = {},
): Client {
  return new Client('', credentials.createInsecure(), { ...options, channelOverride: channel });
}

const unary = (client: Client, request: Buffer, path: keyof typeof service = 'Unary'): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      service[path].path,
      raw.requestSerialize,
      raw.responseDeserialize,
      request,
      (error, answered) => {
        if (error) reject(error);
        else resolve(answered as Buffer);
      },
    );
  });

async function collect(call: AsyncIterable<Buffer>): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of call) texts.push(chunk.toString());
  return texts;
}

describe('a real server of grpc-js', () => {
  it.each([
    ['Unary', ['one']],
    ['Unary', ['']],
    ['Upload', ['one', 'two', '', 'three']],
    ['Upload', []],
    ['Download', ['it']],
    ['Chat', Array.from({ length: 50 }, (_, at) => `message ${at}`)],
    ['Chat', []],
    ['Fail', ['x']],
    ['NoSuchMethod', ['x']],
  ] as [string, string[]][])('is understood as by the channel of grpc-js: %s of %j', async (name, texts) => {
    const server = await realServer();
    const question = () => {
      const metadata = new Metadata();
      metadata.set('key', 'value');
      metadata.set('key-bin', Buffer.from([0, 255, 7]));
      return { method: `/test.All/${name}`, messages: texts.map((text) => Buffer.from(text)), metadata };
    };
    const [one, other] = [await ask(ours(server), question()), await ask(theirs(server), question())];
    expect(comparable(one)).toEqual(comparable(other));
    expect(one.status.details).toBe(other.status.details);
  });

  const { deflate, gzip } = compressionAlgorithms;
  it.each([deflate, gzip])('may compress what it sends: algorithm %d', async (algorithm) => {
    const server = await realServer({ 'grpc.default_compression_algorithm': algorithm });
    const request = { method: '/test.All/Unary', messages: [Buffer.alloc(100_000, 'x')] };
    const outcome = await ask(ours(server), request);
    expect(comparable(outcome)).toMatchObject({ code: 'OK', messages: [100_000] });
  });

  it.each([5, 32])('takes and gives %d MiB', async (size) => {
    const server = await realServer();
    const big = Buffer.alloc(size * 1024 * 1024, 'big');
    expect((await unary(clientOver(ours(server)), big)).equals(big)).toBe(true);
  });
});

describe("a client of grpc-js's", () => {
  it('makes every kind of call', async () => {
    const client = clientOver(ours(await realServer()));
    expect(String(await unary(client, Buffer.from('one')))).toBe('one');
    expect(
      await collect(
        client.makeServerStreamRequest(
          service.Download.path,
          raw.requestSerialize,
          raw.responseDeserialize,
          Buffer.from('x'),
        ),
      ),
    ).toHaveLength(100);
    const chat = client.makeBidiStreamRequest(
      service.Chat.path,
      raw.requestSerialize,
      raw.responseDeserialize,
    );
    for (const text of ['a', 'b']) chat.write(Buffer.from(text));
    chat.end();
    expect(await collect(chat)).toEqual(['a', 'b']);
    const total = await new Promise((resolve, reject) => {
      const upload = client.makeClientStreamRequest(
        service.Upload.path,
        raw.requestSerialize,
        raw.responseDeserialize,
        (error, answered) => {
          if (error) reject(error);
          else resolve(String(answered));
        },
      );
      for (let at = 0; at < 10; at += 1) upload.write(Buffer.alloc(100_000));
      upload.end();
    });
    expect(total).toBe('1000000');
  });

  it('gets the status of a failed call, with its details and metadata', async () => {
    const failing = unary(clientOver(ours(await realServer())), Buffer.alloc(0), 'Fail');
    const error = await failing.catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: code.ALREADY_EXISTS, details: 'schön 100%' });
    expect(plain((error as { metadata: Metadata }).metadata)).toEqual({ why: ['because'] });
  });

  it('may intercept calls, in its own time', async () => {
    const told: string[] = [];
    const later =
      <T>(what: string, go: (it: T) => void) =>
      (it: T): void => {
        told.push(what);
        setTimeout(() => {
          go(it);
        }, 1);
      };
    const slow: Interceptor = (options, next) =>
      new InterceptingCall(next(options), {
        start: (metadata, _, go) => {
          later<Metadata>('start', (it) => {
            go(it, {
              onReceiveMetadata: (received, pass) => {
                later('metadata', pass)(received);
              },
              onReceiveMessage: (received: Buffer, pass) => {
                later('message', pass)(received);
              },
              onReceiveStatus: (received, pass) => {
                later('status', pass)(received);
              },
            });
          })(metadata);
        },
        sendMessage: (it: Buffer, go) => {
          later('send', go)(it);
        },
        halfClose: (go) => {
          later<undefined>('end', () => {
            go();
          })(undefined);
        },
      });
    const channel = ours(await realServer());
    const client = clientOver(channel, { interceptors: [slow] });
    expect(String(await unary(client, Buffer.from('one')))).toBe('one');
    expect(told).toEqual(['start', 'send', 'end', 'metadata', 'message', 'status']);
    const call = client.makeServerStreamRequest(
      service.Download.path,
      raw.requestSerialize,
      raw.responseDeserialize,
      Buffer.from('x'),
    );
    expect(await collect(call)).toEqual(Array.from({ length: 100 }, (_, at) => `${at}:x`));
  });

  it('knows whom it speaks with', async () => {
    const server = await realServer();
    const channel = ours(server);
    let peer = '';
    const outcome = await ask(channel, {
      method: '/test.All/Unary',
      metadataCame: (call) => {
        peer = call.getPeer();
        expect(call.getAuthContext()).toEqual({});
      },
    });
    expect(outcome.status.code).toBe(code.OK);
    expect(peer).toBe(`tcp:${server.target}`);
  });
});

describe('call credentials', () => {
  const giving = (make: (options: { service_url: string; method_name?: string }) => Metadata) =>
    credentials.createFromMetadataGenerator((options, done) => {
      try {
        done(null, make(options));
      } catch (error) {
        done(error as Error);
      }
    });
  const withAuthorization = (value: string): Metadata => {
    const metadata = new Metadata();
    metadata.set('authorization', value);
    return metadata;
  };
  const signedBy = (
    channel: ReturnType<typeof ours> | ReturnType<typeof theirs>,
    given: CallCredentials[],
    metadata = new Metadata(),
  ) => {
    const call = channel.createCall('/test.All/Unary', Infinity, null, null, null);
    for (const each of given) call.setCredentials(each);
    return ask({ createCall: () => call } as unknown as ReturnType<typeof ours>, { metadata });
  };
  const server = () =>
    scriptedServer((stream) => {
      answerAtEnd(stream, (request) => ({ chunks: [request] }));
    });

  it('add their metadata, and are told for which service', async () => {
    const asked: object[] = [];
    const it = await server();
    const one = giving((options) => {
      asked.push({ url: options.service_url, method: options.method_name });
      return withAuthorization('me');
    });
    for (const channel of [ours(it), theirs(it)]) {
      const { status, messages } = await signedBy(channel, [one]);
      expect([status.code, messages.map(String)]).toEqual([code.OK, ['question']]);
    }
    expect(it.requests.map(({ authorization }) => authorization)).toEqual(['me', 'me']);
    expect(asked[0]).toEqual(asked[1]);
  });

  it.each([
    [code.UNAUTHENTICATED, code.UNAUTHENTICATED],
    [code.UNAVAILABLE, code.UNAVAILABLE],
    [code.NOT_FOUND, code.INTERNAL],
    [code.INVALID_ARGUMENT, code.INTERNAL],
    [code.OK, code.INTERNAL],
    ['ENOENT', code.UNKNOWN],
    [undefined, code.UNKNOWN],
  ])('that fail with %s end the call with %s, unsent', async (given, expected) => {
    const it = await server();
    const failing = giving(() => {
      throw Object.assign(new Error('no key'), { code: given });
    });
    const { status } = await signedBy(ours(it), [failing]);
    expect([code[status.code], status.details]).toEqual([
      code[expected],
      'The call credentials gave no metadata: no key',
    ]);
    expect(it.requests).toEqual([]);
    if (given !== code.OK) expect((await signedBy(theirs(it), [failing])).status.code).toBe(expected);
  });

  it('give one authorization and no more', async () => {
    const it = await server();
    const twice = [giving(() => withAuthorization('me')), giving(() => withAuthorization('you'))];
    for (const outcome of [
      await signedBy(ours(it), twice),
      await signedBy(ours(it), twice.slice(1), withAuthorization('me')),
    ])
      expect(outcome.status.code).toBe(code.INTERNAL);
    expect(it.requests).toEqual([]);
  });

  it('do not matter any more once the call has ended', async () => {
    const it = await server();
    const never = credentials.createFromMetadataGenerator(() => undefined);
    const call = ours(it).createCall('/test.All/Unary', Date.now() + 50, null, null, null);
    call.setCredentials(never);
    const { status } = await ask({ createCall: () => call } as unknown as ReturnType<typeof ours>);
    expect(status.code).toBe(code.DEADLINE_EXCEEDED);
    expect(it.requests).toEqual([]);
  });
});

describe('a call made for a call of a server', () => {
  type Parent = NonNullable<Parameters<ReturnType<typeof ours>['createCall']>[3]>;
  const parentUntil = (deadline: number | Date): Parent & EventEmitter =>
    Object.assign(new EventEmitter(), { getDeadline: () => deadline }) as unknown as Parent & EventEmitter;
  const askFor = async (
    channel: ReturnType<typeof ours>,
    parent: Parent,
    deadline = Infinity,
    flags: number | null = null,
  ) => {
    const call = channel.createCall('/test.All/Unary', deadline, null, parent, flags);
    return ask({ createCall: () => call } as unknown as ReturnType<typeof ours>);
  };
  const silent = () => scriptedServer(() => undefined);

  it('ends with the earlier deadline of the two', async () => {
    const channel = ours(await silent());
    const soon = (): number => Date.now() + 50;
    const late = (): number => Date.now() + 60_000;
    for (const outcome of [
      await askFor(channel, parentUntil(soon()), late()),
      await askFor(channel, parentUntil(late()), soon()),
      await askFor(channel, parentUntil(new Date(soon()))),
    ])
      expect(outcome.status.code).toBe(code.DEADLINE_EXCEEDED);
  });

  it('is cancelled with it', async () => {
    const server = await silent();
    const parent = parentUntil(Infinity);
    const outcome = askFor(ours(server), parent);
    await untilTrue(() => server.requests.length === 1);
    parent.emit('cancelled');
    expect((await outcome).status).toMatchObject({
      code: code.CANCELLED,
      details: 'Cancelled by parent call',
    });
  });

  it('inherits only what it is told to', async () => {
    const server = await silent();
    const parent = parentUntil(Date.now() + 20);
    const outcome = askFor(ours(server), parent, Date.now() + 200, 0);
    parent.emit('cancelled');
    const { status } = await outcome;
    expect(status.code).toBe(code.DEADLINE_EXCEEDED);
    expect(parent.listenerCount('cancelled')).toBe(0);
  });

  it('leaves nothing at its parent', async () => {
    const channel = ours(
      await scriptedServer((stream) => {
        answer(stream, { chunks: [message('one')] });
      }),
    );
    const parent = parentUntil(Infinity);
    for (let round = 0; round < 20; round += 1) await askFor(channel, parent);
    expect(parent.listenerCount('cancelled')).toBe(0);
  });
});
