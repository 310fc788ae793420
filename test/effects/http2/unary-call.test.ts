import {
  Client,
  credentials,
  InterceptingCall,
  makeClientConstructor,
  Metadata,
  status as code,
  type ClientOptions,
  type ClientUnaryCall,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import { EventEmitter, once } from 'node:events';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createCallCounter, createPluginChannel, createPluginClient } from '../../../src/effects/index.js';
import { frameServer, goaway, grpcAnswer, okTrailers, reset } from './frames.js';
import {
  answer,
  answerAtEnd,
  grpcHeaders,
  message,
  ours,
  plain,
  scriptedServer,
  type Script,
  type ScriptedServer,
} from './support.js';

type Interceptor = NonNullable<ClientOptions['interceptors']>[number];
type InterceptorOptions = Parameters<Interceptor>[0];
type NextCall = Parameters<Interceptor>[1];

const utf8 = {
  requestStream: false,
  responseStream: false,
  requestSerialize: (text: string) => {
    if (text === 'unserializable') throw new Error('no bytes for it');
    return Buffer.from(text);
  },
  requestDeserialize: String,
  responseSerialize: (text: string) => Buffer.from(text),
  responseDeserialize: (bytes: Buffer) => {
    if (bytes.toString() === 'unreadable') throw new Error('no text in it');
    return bytes.toString();
  },
} as const;

const Texts = makeClientConstructor(
  { Say: { path: '/test.Texts/Say', ...utf8, originalName: 'say' } },
  'Texts',
);

type Say = (text: string, ...rest: unknown[]) => ClientUnaryCall;
interface TextsClient extends Client {
  Say: Say;
  say: Say;
}

type Place = Parameters<typeof ours>[0];

/** A channel of a plugin that is connected to a server; and how its connection counts calls. */
async function connected(place: Place) {
  const grpc = ours(place);
  await new Promise<void>((done) => {
    grpc.connect(() => {
      done();
    });
  });
  const channel = createPluginChannel(() => ({ plugin: 'texts', state: 'crashed', isTemporary: false }));
  const calls = createCallCounter();
  channel.connect({ grpc, calls });
  return { channel, calls, grpc };
}

async function clientOf(place: Place, options = {}): Promise<TextsClient> {
  const { channel } = await connected(place);
  return createPluginClient(Texts, channel, options) as unknown as TextsClient;
}

const passing = {
  interceptors: [(given: InterceptorOptions, next: NextCall) => new InterceptingCall(next(given))],
};

interface Seen {
  readonly order: readonly string[];
  readonly error: object | null;
  readonly response: unknown;
  readonly metadata: object | null;
  readonly status: object;
}

/** Everything that can be observed of one call. */
function observe(
  call: (callback: (error: ServiceError | null, response?: unknown) => void) => ClientUnaryCall,
): Promise<Seen> {
  const order: string[] = [];
  let called: { error: object | null; response: unknown } | null = null;
  let metadata: object | null = null;
  return new Promise((resolve) => {
    const started = call((error, response) => {
      order.push('callback');
      called = {
        error: error && {
          code: error.code,
          details: error.details,
          message: error.message,
          trailers: plain(error.metadata),
          isStackOfCaller: error.stack?.includes('for call at'),
        },
        response,
      };
    });
    order.push('returned');
    started.on('metadata', (received: Metadata) => {
      order.push('metadata');
      metadata = plain(received);
    });
    started.on('status', (status: StatusObject) => {
      order.push('status');
      const told = { code: status.code, details: status.details, trailers: plain(status.metadata) };
      setImmediate(() => {
        resolve({ order, ...(called ?? { error: null, response: 'never' }), metadata, status: told });
      });
    });
  });
}

const saying =
  (trailers: Record<string, string>, ...chunks: readonly Uint8Array[]): Script =>
  (stream) => {
    answerAtEnd(stream, () => ({ chunks, trailers }));
  };
const compressed = message(gzipSync('squeezed'));
compressed[0] = 1;

const scripts: readonly (readonly [string, Script])[] = [
  ['an answer', saying({ 'grpc-status': '0' }, message('hello'))],
  ['an empty answer', saying({ 'grpc-status': '0' }, message(''))],
  [
    'an answer in pieces',
    saying({ 'grpc-status': '0' }, message('hello').subarray(0, 3), message('hello').subarray(3)),
  ],
  ['a large answer', saying({ 'grpc-status': '0' }, message('x'.repeat(3_000_000)))],
  ['trailers with metadata', saying({ 'grpc-status': '0', more: 'yes', 'b-bin': 'AAEC' }, message('hello'))],
  ['a failure', saying({ 'grpc-status': '5', 'grpc-message': 'n%C3%B6', more: 'yes' })],
  [
    'a failure behind an answer',
    saying({ 'grpc-status': '13', 'grpc-message': 'after all' }, message('hello')),
  ],
  ['no answer', saying({ 'grpc-status': '0' })],
  ['two answers', saying({ 'grpc-status': '0' }, message('one'), message('two'))],
  ['half an answer', saying({ 'grpc-status': '0' }, message('hello').subarray(0, 8))],
  ['garbage', saying({ 'grpc-status': '0' }, Buffer.from('garbage!'))],
  ['what cannot be deserialized', saying({ 'grpc-status': '0' }, message('unreadable'))],
  ['an unknown status', saying({ 'grpc-status': '99' }, message('hello'))],
  ['no status', saying({ other: 'x' }, message('hello'))],
  [
    'a compressed answer',
    (stream) => {
      answer(stream, { headers: { ...grpcHeaders, 'grpc-encoding': 'gzip' }, chunks: [compressed] });
    },
  ],
  ['a compressed answer without an encoding', saying({ 'grpc-status': '0' }, compressed)],
  [
    'headers with metadata',
    (stream) => {
      answer(stream, { headers: { ...grpcHeaders, a: 'b', 'c-bin': 'AA' }, chunks: [message('hello')] });
    },
  ],
  [
    'trailers alone',
    (stream) => {
      stream.respond(
        { ...grpcHeaders, 'grpc-status': '9', 'grpc-message': 'no', x: 'y' },
        { endStream: true },
      );
    },
  ],
  [
    'a page',
    (stream) => {
      stream.respond({ ':status': 503, 'content-type': 'text/html' });
      stream.end('no');
    },
  ],
  [
    'a reset',
    (stream) => {
      stream.close(2);
    },
  ],
  [
    'a reset behind headers',
    (stream) => {
      stream.respond(grpcHeaders);
      setImmediate(() => {
        stream.close(8);
      });
    },
  ],
  [
    'an answer before the question is over',
    (stream) => {
      answer(stream, { chunks: [message('early')] });
    },
  ],
];

const call = (client: TextsClient, ...rest: unknown[]) =>
  observe((callback) => client.Say('question', ...rest, callback));

describe('a unary call', () => {
  it.each(scripts)('is the same the short and the ordinary way: %s', async (_, script) => {
    const server = await scriptedServer(script);
    const short = await call(await clientOf(server));
    const ordinary = await call(await clientOf(server, passing));
    expect(short).toEqual(ordinary);
  });

  it('sends the same the short and the ordinary way', async () => {
    const bodies: string[] = [];
    const server = await scriptedServer((stream) => {
      answerAtEnd(stream, (request) => {
        bodies.push(request.toString('hex'));
        return { chunks: [message('ok')] };
      });
    });
    const metadata = new Metadata();
    metadata.add('a', 'b');
    metadata.add('a', 'c');
    metadata.add('bytes-bin', Buffer.from([1, 2, 255]));
    for (const options of [{}, passing]) {
      const client = await clientOf(server, options);
      await call(client);
      await call(client, metadata);
      await call(client, metadata, { deadline: Date.now() + 3_600_000 });
      await call(client, { deadline: new Date(Date.now() + 3_600_000) });
    }
    const rounded = server.requests.map((headers) => ({
      ...headers,
      'grpc-timeout': headers['grpc-timeout']?.length,
    }));
    expect(rounded.slice(0, 4)).toEqual(rounded.slice(4));
    expect(bodies.slice(0, 4)).toEqual(bodies.slice(4));
    expect(server.requests[2]).toMatchObject({ a: 'b, c', 'bytes-bin': 'AQL/', te: 'trailers' });
  });

  it.each([{}, passing])('ends by its deadline, with options %#', async (options) => {
    const server = await scriptedServer(() => undefined);
    const client = await clientOf(server, options);
    const late = await call(client, { deadline: Date.now() + 30 });
    const before = await call(client, { deadline: Date.now() - 1 });
    for (const seen of [late, before]) {
      expect(seen.order).toEqual(['returned', 'callback', 'status']);
      expect(seen.error).toMatchObject({ code: code.DEADLINE_EXCEEDED, details: 'Deadline exceeded' });
    }
    expect(server.requests).toHaveLength(1);
  });

  it.each([{}, passing])('is cancelled, with options %#', async (options) => {
    const server = await scriptedServer(() => undefined);
    const client = await clientOf(server, options);
    const seen = await observe((callback) => {
      const started = client.Say('question', callback);
      setImmediate(() => {
        started.cancel();
        started.cancel();
      });
      return started;
    });
    expect(seen.order).toEqual(['returned', 'callback', 'status']);
    expect(seen.error).toMatchObject({ code: code.CANCELLED, details: 'Cancelled on client' });
  });

  it.each([{}, passing])('fails where the request cannot be serialized, with options %#', async (options) => {
    const client = await clientOf(await scriptedServer(() => undefined), options);
    const seen = await observe((callback) => client.Say('unserializable', callback));
    expect(seen.error).toMatchObject({
      code: code.INTERNAL,
      details: 'Request message serialization failure: no bytes for it',
    });
  });

  it.each([{}, passing])('throws for wrong arguments, with options %#', async (options) => {
    const client = await clientOf(await scriptedServer(() => undefined), options);
    expect(() => client.Say('question')).toThrow('Incorrect arguments passed');
    expect(() => client.Say('question', 'x', 'y', 'z')).toThrow('Incorrect arguments passed');
  });

  it('knows its peer, and is an emitter', async () => {
    const server = await scriptedServer(saying({ 'grpc-status': '0' }, message('hello')));
    const client = await clientOf(server);
    const started = client.Say('question', () => undefined);
    expect(started).toBeInstanceOf(EventEmitter);
    expect(started.getPeer()).toBe(`tcp:${server.target}`);
    expect(started.getAuthContext()).toEqual({});
    expect(((await once(started, 'status')) as [StatusObject])[0].code).toBe(code.OK);
  });

  it('has the stack of its caller in its error, for no more calls than the limit of a second', async () => {
    const client = await clientOf(await scriptedServer(saying({ 'grpc-status': '5' })));
    // More than two seconds have, as a new one may begin among them.
    const errors = await Promise.all(
      Array.from(
        { length: 1200 },
        () =>
          new Promise<ServiceError>((resolve) => {
            client.Say('x', (error: ServiceError | null) => {
              if (error !== null) resolve(error);
            });
          }),
      ),
    );
    const ofCaller = errors.filter(({ stack }) => /for call at\n[^]*unary-call\.test\.ts/.test(stack ?? ''));
    const without = errors.filter(({ stack }) => /for call at\n +\(not captured: /.test(stack ?? ''));
    expect(ofCaller.length + without.length).toBe(1200);
    expect(ofCaller.length).toBeLessThanOrEqual(1000);
  });

  it('is counted from its start to its end', async () => {
    const server = await scriptedServer(saying({ 'grpc-status': '0' }, message('hello')));
    const { channel, calls } = await connected(server);
    const client = createPluginClient(Texts, channel) as unknown as TextsClient;
    let isIdle = false;
    const answered = promisify(
      client.Say.bind(client) as (text: string, callback: (error: Error | null) => void) => void,
    )('x');
    calls.whenIdle().subscribe(() => {
      isIdle = true;
    });
    expect(isIdle).toBe(false);
    await answered;
    expect(isIdle).toBe(true);
    expect(calls.answers()).toBe(3);
  });

  it('is made again where the server has not processed it', async () => {
    let asked = 0;
    const server = await frameServer((stream) => {
      asked += 1;
      if (asked === 1) return reset(stream, 7);
      if (asked === 2) return goaway(0, 0);
      return Buffer.concat([grpcAnswer(stream), okTrailers(stream)]);
    });
    const seen = await call(await clientOf(server));
    expect(asked).toBe(3);
    expect(seen).toMatchObject({
      error: { details: 'No message received' },
      order: ['returned', 'metadata', 'callback', 'status'],
    });
  });

  it('waits for ready the ordinary way while there is no connection', async () => {
    const server = await scriptedServer(saying({ 'grpc-status': '0' }, message('hello')));
    const channel = createPluginChannel(() => ({ plugin: 'texts', state: 'starting', isTemporary: true }));
    const client = createPluginClient(Texts, channel) as unknown as TextsClient;
    const metadata = new Metadata({ waitForReady: true });
    const outcome = call(client, metadata);
    channel.connect({ grpc: ours(server), calls: createCallCounter() });
    expect(await outcome).toMatchObject({ response: 'hello' });
  });

  it.each<[string, object, number]>([
    ['more than it takes', { 'grpc.max_receive_message_length': 4 }, code.RESOURCE_EXHAUSTED],
    ['as much as it takes', { 'grpc.max_receive_message_length': 5 }, code.OK],
    ['more than it sends', { 'grpc.max_send_message_length': 7 }, code.RESOURCE_EXHAUSTED],
  ])('keeps to the limits of its client: %s', async (_, limits, expected) => {
    const server = await scriptedServer((stream) => {
      // A question that is over the limit is never sent, and its stream is reset.
      stream.once('end', () => {
        if (!stream.destroyed) answer(stream, { chunks: [message('hello')] });
      });
      stream.resume();
    });
    for (const way of [{}, passing]) {
      const seen = await call(await clientOf(server, { ...limits, ...way }));
      expect(seen.status).toMatchObject({ code: expected });
    }
  });

  it('stops to inflate a message at the limit', async () => {
    const bomb = message(gzipSync(Buffer.alloc(50_000_000)));
    bomb[0] = 1;
    const server = await scriptedServer((stream) => {
      answer(stream, { headers: { ...grpcHeaders, 'grpc-encoding': 'gzip' }, chunks: [bomb] });
    });
    for (const way of [{}, passing]) {
      const seen = await call(
        await clientOf(server, { 'grpc.max_receive_message_length': 1_000_000, ...way }),
      );
      expect(seen.status).toMatchObject({ code: code.RESOURCE_EXHAUSTED });
    }
  });

  it('is compressed where the client asks for it', async () => {
    let body: Buffer = Buffer.alloc(0);
    const server: ScriptedServer = await scriptedServer((stream) => {
      answerAtEnd(stream, (request) => {
        body = request;
        return { chunks: [message('hello')] };
      });
    });
    for (const way of [{}, passing]) {
      await call(await clientOf(server, { 'grpc.default_compression_algorithm': 2, ...way }));
      expect(body[0]).toBe(1);
      expect(body.subarray(5)).toEqual(gzipSync('question'));
      expect(server.requests.at(-1)?.['grpc-encoding']).toBe('gzip');
    }
  });
});

describe('a client with short ways', () => {
  it('is an instance of its constructor, whose methods have what grpc-js gives them', async () => {
    const client = await clientOf(await scriptedServer(() => undefined));
    expect(client).toBeInstanceOf(Texts);
    expect(client).toBeInstanceOf(Client);
    expect(Object.assign({}, client.Say)).toMatchObject({ path: '/test.Texts/Say', requestStream: false });
    expect(Object.keys(client)).toEqual(Object.keys(new Texts('localhost:1', credentials.createInsecure())));
  });

  it('leaves methods alone that a subclass, or somebody later, has put there', async () => {
    const server = await scriptedServer(saying({ 'grpc-status': '0' }, message('hello')));
    const { channel } = await connected(server);
    class Polite extends Texts {
      Say(text: string, ...rest: unknown[]) {
        return (super.Say as Say)(`please, ${text}`, ...rest);
      }
    }
    const polite = createPluginClient(Polite as unknown as typeof Texts, channel) as unknown as TextsClient;
    await call(polite);
    const client = createPluginClient(Texts, channel) as unknown as TextsClient;
    const prototype = Texts.prototype as { say: Say };
    const original = prototype.say;
    const spied: string[] = [];
    prototype.say = function (this: TextsClient, text: string, ...rest: unknown[]) {
      spied.push(text);
      return original.call(this, text, ...rest);
    };
    try {
      await observe((callback) => client.say('watched', callback));
    } finally {
      prototype.say = original;
    }
    expect(spied).toEqual(['watched']);
  });

  it('passes interceptors that a subclass asks for', async () => {
    const server = await scriptedServer(saying({ 'grpc-status': '0' }, message('hello')));
    const { channel } = await connected(server);
    let passed = 0;
    class Counting extends Texts {
      constructor(...[address, channelCredentials, options]: ConstructorParameters<typeof Texts>) {
        super(address, channelCredentials, {
          ...options,
          interceptors: [
            (given: InterceptorOptions, next: NextCall) => {
              passed += 1;
              return new InterceptingCall(next(given));
            },
          ],
        });
      }
    }
    const counting = createPluginClient(Counting, channel) as unknown as TextsClient;
    expect(await call(counting)).toMatchObject({ response: 'hello' });
    expect(passed).toBe(1);
  });
});
