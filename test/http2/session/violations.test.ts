import { errorCode } from '../../../src/http2/index.js';
import { http2Limits as limits } from '../../../src/model/limits.js';
import { frame, pair, settings, settingsAck, uint32, type Pair } from './server.js';

const ok = [':status: 200', 'content-type: application/grpc'];

/** What is sent after a greeting while stream 1 is open, and 3 has ended. */
type Bytes = (server: Pair) => Buffer;

const ofConnection: readonly (readonly [string, keyof typeof errorCode, Bytes])[] = [
  ['DATA on stream 0', 'protocolError', () => frame(0, 0, 0, Buffer.alloc(1))],
  ['DATA on a stream that was never opened', 'protocolError', () => frame(0, 0, 9, Buffer.alloc(1))],
  ['DATA on a stream of the server', 'protocolError', () => frame(0, 0, 2, Buffer.alloc(1))],
  [
    'more padding than DATA',
    'protocolError',
    (server) => Buffer.concat([server.headers(1, ok), frame(0, 8, 1, Buffer.from([2, 0]))]),
  ],
  ['padded DATA without a length', 'frameSizeError', () => frame(0, 8, 1)],
  ['HEADERS on stream 0', 'protocolError', () => frame(1, 4, 0)],
  ['HEADERS on a stream that was never opened', 'protocolError', (server) => server.headers(9, ok)],
  ['HEADERS on a stream of the server', 'protocolError', (server) => server.headers(2, ok)],
  ['more padding than HEADERS', 'protocolError', () => frame(1, 12, 1, Buffer.from([3, 0, 0]))],
  ['padded HEADERS without a length', 'protocolError', () => frame(1, 12, 1)],
  ['HEADERS without their priority', 'protocolError', () => frame(1, 0x24, 1, Buffer.alloc(4))],
  ['HEADERS that cannot be decoded', 'compressionError', () => frame(1, 4, 1, Buffer.from([0x80]))],
  [
    'HEADERS that cannot be decoded for a stream that has ended',
    'compressionError',
    () => frame(1, 4, 3, Buffer.from([0x80])),
  ],
  ['PRIORITY on stream 0', 'protocolError', () => frame(2, 0, 0, Buffer.alloc(5))],
  ['RST_STREAM on stream 0', 'protocolError', () => frame(3, 0, 0, uint32(1))],
  ['RST_STREAM on a stream that was never opened', 'protocolError', () => frame(3, 0, 9, uint32(1))],
  ['RST_STREAM of a wrong length', 'frameSizeError', () => frame(3, 0, 1, Buffer.alloc(5))],
  ['SETTINGS on a stream', 'protocolError', () => frame(4, 0, 1)],
  ['SETTINGS of a wrong length', 'frameSizeError', () => frame(4, 0, 0, Buffer.alloc(7))],
  ['an acknowledgement with settings', 'frameSizeError', () => frame(4, 1, 0, Buffer.alloc(6))],
  ['ENABLE_PUSH', 'protocolError', () => settings({ 2: 1 })],
  ['a window that is too large', 'flowControlError', () => settings({ 4: 2 ** 31 })],
  ['a frame size that is too small', 'protocolError', () => settings({ 5: 16_383 })],
  ['a frame size that is too large', 'protocolError', () => settings({ 5: 16_777_216 })],
  [
    'a window that makes a stream overflow',
    'flowControlError',
    () => Buffer.concat([frame(8, 0, 1, uint32(2 ** 31 - 1 - 65_535)), settings({ 4: 65_536 })]),
  ],
  ['PUSH_PROMISE', 'protocolError', () => frame(5, 4, 1, uint32(2))],
  ['PUSH_PROMISE on stream 0', 'protocolError', () => frame(5, 4, 0, uint32(2))],
  ['PING on a stream', 'protocolError', () => frame(6, 0, 1, Buffer.alloc(8))],
  ['PING of a wrong length', 'frameSizeError', () => frame(6, 0, 0, Buffer.alloc(7))],
  ['GOAWAY on a stream', 'protocolError', () => frame(7, 0, 1, Buffer.alloc(8))],
  ['GOAWAY that is too short', 'frameSizeError', () => frame(7, 0, 0, Buffer.alloc(7))],
  [
    'GOAWAY whose last stream grows',
    'protocolError',
    () => Buffer.concat([frame(7, 0, 0, uint32(1, 0)), frame(7, 0, 0, uint32(3, 0))]),
  ],
  ['WINDOW_UPDATE of a wrong length', 'frameSizeError', () => frame(8, 0, 0, Buffer.alloc(3))],
  ['WINDOW_UPDATE with 0', 'protocolError', () => frame(8, 0, 0, uint32(0))],
  ['WINDOW_UPDATE that overflows', 'flowControlError', () => frame(8, 0, 0, uint32(2 ** 31 - 1))],
  ['WINDOW_UPDATE on a stream that was never opened', 'protocolError', () => frame(8, 0, 9, uint32(1))],
  ['CONTINUATION without HEADERS', 'protocolError', () => frame(9, 4, 1)],
  ['CONTINUATION of another stream', 'protocolError', () => Buffer.concat([frame(1, 0, 1), frame(9, 4, 3)])],
  ['DATA within a header block', 'protocolError', () => Buffer.concat([frame(1, 0, 1), frame(0, 0, 1)])],
  [
    'an unknown frame within a header block',
    'protocolError',
    () => Buffer.concat([frame(1, 0, 1), frame(0xaa, 0, 1)]),
  ],
  [
    'a frame that is too long',
    'frameSizeError',
    () => frame(0, 0, 1, Buffer.alloc(limits.frameSize + 1)).subarray(0, 9),
  ],
  [
    'an unknown frame that is too long',
    'frameSizeError',
    () => frame(0xaa, 0, 0, Buffer.alloc(limits.frameSize + 1)).subarray(0, 9),
  ],
];

const ofStream: readonly (readonly [string, number, string, Bytes])[] = [
  ['DATA before HEADERS', 1, 'a body without headers', () => frame(0, 0, 1, Buffer.alloc(1))],
  ['a response without a status', 1, 'a response without :status', (server) => server.headers(1, ['a: b'])],
  [
    'a second response',
    1,
    'a second response',
    (server) => Buffer.concat([server.headers(1, ok), server.headers(1, ok, 5)]),
  ],
  [
    'trailers that do not end',
    1,
    'trailers that do not end the stream',
    (server) => Buffer.concat([server.headers(1, ok), server.headers(1, ['grpc-status: 0'])]),
  ],
  [
    'an informational response that ends',
    1,
    'an informational response that ends the stream',
    (server) => server.headers(1, [':status: 100'], 5),
  ],
  [
    'a status that is none',
    1,
    'a :status that is no number of three digits',
    (server) => server.headers(1, [':status: 20']),
  ],
  ['two statuses', 1, ':status twice', (server) => server.headers(1, [':status: 200', ':status: 200'])],
  [
    'a status behind a field',
    1,
    ':status behind other fields',
    (server) => server.headers(1, ['a: b', ':status: 200']),
  ],
  [
    'a pseudo-header of requests',
    1,
    'the pseudo-header :path',
    (server) => server.headers(1, [':status: 200', ':path: /']),
  ],
  ['upper case', 1, 'an invalid field name', (server) => server.headers(1, [':status: 200', 'A: b'])],
  ['a line feed', 1, 'an invalid value of a', (server) => server.headers(1, [':status: 200', 'a: b\nc'])],
  [
    'connection',
    1,
    'the field connection, which HTTP/2 does not have',
    (server) => server.headers(1, [':status: 200', 'connection: close']),
  ],
  ['PRIORITY of a wrong length', 6, 'PRIORITY of a wrong length', () => frame(2, 0, 1, Buffer.alloc(4))],
  ['WINDOW_UPDATE with 0', 1, 'WINDOW_UPDATE with 0', () => frame(8, 0, 1, uint32(0))],
  [
    'WINDOW_UPDATE that overflows',
    3,
    'WINDOW_UPDATE beyond the largest window',
    () => frame(8, 0, 1, uint32(2 ** 31 - 1)),
  ],
];

function withTwoStreams(): { server: Pair; log: readonly string[] } {
  const server = pair();
  const { log } = server.open();
  server.open();
  server.send(server.headers(3, ok, 5));
  server.taken();
  return { server, log };
}

describe('a server that breaks the protocol', () => {
  it.each(ofConnection)('loses the connection for %s: %s', (_, code, bytes) => {
    const { server, log } = withTwoStreams();
    server.send(bytes(server));
    expect(server.failure()?.reason).toBe('protocol-violated');
    expect(server.taken().at(-1)).toEqual({ type: 7, flags: 0, id: 0, body: uint32(0, errorCode[code]) });
    expect(log.at(-1)).toBe('lost: protocol-violated');
    // Nothing comes out of it any more.
    server.send(frame(6, 0, 0, Buffer.alloc(8)), frame(0xff, 0, 0));
    expect(server.taken()).toEqual([]);
  });

  it.each(ofStream)('loses the stream for %s', (_, code, problem, bytes) => {
    const { server, log } = withTwoStreams();
    const other = server.open();
    server.taken();
    server.send(bytes(server));
    expect(log.at(-1)).toBe(`malformed: ${problem}`);
    expect(server.taken()).toContainEqual({ type: 3, flags: 0, id: 1, body: uint32(code) });
    server.send(server.headers(5, ok, 5));
    expect(other.log.at(-1)).toBe('end');
    expect(server.failure()).toBeNull();
  });

  it.each<[string, Bytes]>([
    ['DATA', () => frame(0, 1, 3, Buffer.alloc(10))],
    ['HEADERS', (server) => server.headers(3, ['grpc-status: 0'], 5)],
    ['RST_STREAM', () => frame(3, 0, 3, uint32(0))],
    ['WINDOW_UPDATE', () => frame(8, 0, 3, uint32(10))],
    ['PRIORITY', () => frame(2, 0, 3, Buffer.alloc(5))],
  ])('may send %s on a stream that has ended, as it may have crossed the end', (_, bytes) => {
    const { server } = withTwoStreams();
    server.send(bytes(server));
    expect(server.failure()).toBeNull();
  });
});

describe('a server that sends too much', () => {
  const many = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array<Buffer>(count).fill(bytes));

  it.each<[string, Bytes]>([
    ['PING', () => many(limits.unsentAnswers + 1, frame(6, 0, 0, Buffer.alloc(8)))],
    ['SETTINGS', () => many(limits.unsentAnswers + 1, settings({ 4: 65_535 }))],
    ['acknowledgements of PING', () => many(limits.uselessFrames + 1, frame(6, 1, 0, Buffer.alloc(8)))],
    ['acknowledgements of SETTINGS', () => many(limits.uselessFrames + 1, settingsAck)],
    ['PRIORITY', () => many(limits.uselessFrames + 1, frame(2, 0, 1, Buffer.alloc(5)))],
    ['unknown frames', () => many(limits.uselessFrames + 1, frame(0xaa, 0, 1))],
    [
      'empty DATA',
      (server) => Buffer.concat([server.headers(1, ok), many(limits.uselessFrames + 1, frame(0, 0, 1))]),
    ],
    [
      'DATA of padding',
      (server) =>
        Buffer.concat([
          server.headers(1, ok),
          many(limits.uselessFrames + 1, frame(0, 8, 1, Buffer.alloc(1))),
        ]),
    ],
    ['WINDOW_UPDATE', () => many(limits.uselessFrames + 1, frame(8, 0, 0, uint32(1)))],
    ['WINDOW_UPDATE of streams that ended', () => many(limits.uselessFrames + 1, frame(8, 0, 3, uint32(1)))],
    ['RST_STREAM of streams that ended', () => many(limits.uselessFrames + 1, frame(3, 0, 3, uint32(1)))],
    [
      'HEADERS of streams that ended',
      (server) => many(limits.uselessFrames + 1, server.headers(3, ['a: b'], 5)),
    ],
    ['DATA of streams that ended', () => many(limits.uselessFrames + 1, frame(0, 0, 3, Buffer.alloc(1)))],
    [
      'informational responses',
      (server) => many(limits.uselessFrames + 1, server.headers(1, [':status: 103'])),
    ],
    ['GOAWAY', () => many(limits.uselessFrames + 2, frame(7, 0, 0, uint32(1, 0)))],
    ['CONTINUATION', () => Buffer.concat([frame(1, 0, 1), many(limits.continuations + 1, frame(9, 0, 1))])],
    [
      'header bytes',
      () => Buffer.concat([frame(1, 0, 1), many(5, frame(9, 0, 1, Buffer.alloc(limits.frameSize)))]),
    ],
  ])('loses the connection for a flood of %s', (_, bytes) => {
    const { server, log } = withTwoStreams();
    server.send(bytes(server));
    expect(server.failure()?.reason).toBe('limit-exceeded');
    expect(server.taken().at(-1)).toMatchObject({ type: 7, body: uint32(0, errorCode.enhanceYourCalm) });
    expect(log.at(-1)).toBe('lost: limit-exceeded');
  });

  it('may send as many small frames as it likes between useful ones', () => {
    const { server } = withTwoStreams();
    server.send(server.headers(1, ok));
    const idle = many(limits.uselessFrames - 10, frame(0, 0, 1));
    for (let round = 0; round < 3; round += 1) server.send(idle, frame(0, 0, 1, Buffer.alloc(1)));
    expect(server.failure()).toBeNull();
  });

  it('may grant a little window for every message that is sent', () => {
    const { server } = withTwoStreams();
    const { stream } = server.open();
    for (let round = 0; round < limits.uselessFrames + 100; round += 1) {
      server.session.send(stream, Buffer.alloc(1), false);
      server.taken();
      server.send(frame(8, 0, 5, uint32(1)), frame(8, 0, 0, uint32(1)));
    }
    expect(server.failure()).toBeNull();
  });

  it('fails one stream for headers that are over the limit when they are decoded, and stays in step', () => {
    const server = pair([settings()]);
    const [one, two] = [server.open(), server.open()];
    // A field of 4,000 bytes goes into the table, and then comes again by its index, a byte each time.
    const value = Buffer.alloc(4000, 'v');
    const field = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), value]);
    server.send(frame(1, 4, 1, Buffer.concat([Buffer.from([0x88]), field, Buffer.alloc(20, 0xbe)])));
    expect(one.log).toEqual(['too-large']);
    server.send(frame(1, 5, 3, Buffer.from([0x88, 0xbe])));
    expect(two.log).toEqual([`trailers :status: 200, a: ${value.toString()}`, 'end']);
  });

  it('remembers no more streams that were reset than the limit', () => {
    const server = pair();
    for (let call = 0; call < limits.resetStreams * 3; call += 1) {
      const { stream } = server.open();
      server.session.reset(stream, 8);
      server.send(server.headers(call * 2 + 1, ok), frame(0, 0, call * 2 + 1, Buffer.alloc(10)));
    }
    expect(server.failure()).toBeNull();
    expect(server.taken().filter(({ type }) => type === 3)).toHaveLength(limits.resetStreams * 3);
  });
});
