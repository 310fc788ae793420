import { status as code } from '@grpc/grpc-js';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import {
  answer,
  answerAtEnd,
  ask,
  grpcHeaders,
  message,
  ours,
  scriptedServer,
  type Answer,
} from './support.js';

const MiB = 1024 * 1024;
const pattern = (length: number): Buffer => Buffer.alloc(length, 'espalier');
const reply = (said: Answer) =>
  scriptedServer((stream) => {
    answer(stream, said);
  });

describe('messages that come', () => {
  const texts = ['', 'one', '', 'a longer second message', 'x'];
  const bytes = Buffer.concat(texts.map(message));
  const cuts = Array.from({ length: bytes.length - 1 }, (_, at) => at + 1);

  it('are the same wherever the bytes are cut in two', async () => {
    let cut = 0;
    const server = await scriptedServer((stream) => {
      stream.respond(grpcHeaders, { waitForTrailers: true });
      stream.on('wantTrailers', () => {
        stream.sendTrailers({ 'grpc-status': '0' });
      });
      const at = cut;
      stream.write(bytes.subarray(0, at), () => stream.end(bytes.subarray(at)));
    });
    const channel = ours(server);
    for (cut of cuts) {
      const { messages, status } = await ask(channel);
      expect([cut, ...messages.map(String)]).toEqual([cut, ...texts]);
      expect(status.code).toBe(code.OK);
    }
  });

  it('are the same one by one byte', async () => {
    const server = await reply({ chunks: [...bytes].map((byte) => Buffer.of(byte)) });
    expect((await ask(ours(server))).messages.map(String)).toEqual(texts);
  });

  it('are handed out one at a time, when they are asked for', async () => {
    const server = await reply({ chunks: ['a', 'b', 'c'].map(message) });
    const taken: string[] = [];
    const outcome = await ask(ours(server), {
      reads: false,
      started: (call) => {
        call.startRead();
      },
      messageCame: (call, received) => {
        taken.push(received.toString());
        setImmediate(() => {
          expect(taken.at(-1)).toBe(received.toString());
          call.startRead();
        });
      },
    });
    expect(taken).toEqual(['a', 'b', 'c']);
    expect(outcome.events).toEqual(['metadata', 'message', 'message', 'message', 'status']);
  });

  it('are not told after a failure, nor is the status twice', async () => {
    const server = await reply({ chunks: [message('one'), Buffer.from('\u0007garbage')] });
    const outcome = await ask(ours(server));
    expect(outcome.events).toEqual(['metadata', 'message', 'status']);
  });

  it.each<[string, Buffer]>([
    ['a flag that is neither 0 nor 1', Buffer.of(7, 0, 0, 0, 0)],
    ['text', Buffer.from('Hello, World')],
  ])('cannot begin with %s', async (_, chunk) => {
    const { status } = await ask(ours(await reply({ chunks: [chunk] })));
    expect(status.code).toBe(code.INTERNAL);
    expect(status.details).toMatch(/^The answer cannot be read: a message /);
  });
});

describe('a message', () => {
  it.each([0, 1, 5, 16_383, 16_384, 65_536, 5 * MiB, 32 * MiB])(
    'of %d bytes goes there and comes back',
    async (length) => {
      const server = await scriptedServer((stream) => {
        answerAtEnd(stream, (request) => ({ chunks: [request] }));
      });
      const { messages, status } = await ask(ours(server), { messages: [pattern(length)] });
      expect(status.code).toBe(code.OK);
      expect(messages.map((received) => received.length)).toEqual([length]);
      expect(messages[0]?.equals(pattern(length))).toBe(true);
    },
  );
});

describe('a compressed message', () => {
  const flagged = (bytes: Uint8Array): Buffer => {
    const framed = message(bytes);
    framed[0] = 1;
    return framed;
  };
  const saying = (encoding: string | undefined, ...chunks: Buffer[]) =>
    reply({
      headers: { ...grpcHeaders, ...(encoding !== undefined && { 'grpc-encoding': encoding }) },
      chunks,
    });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)('is unpacked, and may stand beside one that is not: %s', async (encoding, pack) => {
    const whole = pattern(3 * MiB);
    const server = await saying(
      encoding,
      flagged(pack(whole)),
      message('as it is'),
      flagged(pack(Buffer.alloc(0))),
    );
    const { messages, status } = await ask(ours(server));
    expect(status.code).toBe(code.OK);
    expect(messages.map(({ length }) => length)).toEqual([3 * MiB, 8, 0]);
    expect(messages[0]?.equals(whole)).toBe(true);
  });

  it('is offered to be understood in gzip and deflate', async () => {
    const server = await saying('identity', message('one'));
    await ask(ours(server));
    expect(server.requests[0]).toMatchObject({ 'grpc-accept-encoding': 'identity,deflate,gzip' });
  });

  it.each<[string, string | undefined, Buffer]>([
    ['in an encoding that was not offered', 'snappy', Buffer.from('abc')],
    ['without an encoding', undefined, gzipSync('abc')],
    ['as identity', 'identity', Buffer.from('abc')],
    ['in another encoding than it says', 'gzip', deflateSync('abc')],
    ['as raw deflate, without its header', 'deflate', deflateRawSync('abc')],
    ['that is cut off', 'gzip', gzipSync(pattern(1000)).subarray(0, 20)],
    ['whose checksum is wrong', 'gzip', Buffer.concat([gzipSync('abc').subarray(0, -8), Buffer.alloc(8)])],
    ['of bytes that are none', 'gzip', Buffer.from('no gzip at all')],
    ['of no bytes', 'gzip', Buffer.alloc(0)],
  ])('%s ends the call with INTERNAL', async (_, encoding, bytes) => {
    const { status, messages } = await ask(ours(await saying(encoding, flagged(bytes))));
    expect(code[status.code]).toBe('INTERNAL');
    expect(status.details).toMatch(/^The answer cannot be read/);
    expect(messages).toEqual([]);
  });
});

describe('a reader that is slower than the end', () => {
  it('still gets every message, though the connection is lost meanwhile', async () => {
    const texts = Array.from({ length: 300 }, (_, at) => `${at}:${'x'.repeat(1000)}`);
    const server = await reply({ chunks: texts.map(message) });
    const channel = ours(server);
    const got: string[] = [];
    const outcome = await ask(channel, {
      reads: false,
      started: (call) => {
        call.startRead();
      },
      messageCame: (call, received) => {
        got.push(received.toString());
        if (got.length > 1) {
          call.startRead();
          return;
        }
        // What is answered after it on the same connection shows that all of it is in this process, unread.
        void ask(channel).then(() => {
          channel.destroy();
          call.startRead();
        });
      },
    });
    expect(outcome.status.code).toBe(code.OK);
    expect(got).toEqual(texts);
  });
});
