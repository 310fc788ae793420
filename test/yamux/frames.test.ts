import fc from 'fast-check';
import {
  createFrameDecoder,
  decodeHeader,
  encodeHeader,
  flag,
  goAwayCode,
  type FrameHeader,
  type FramePart,
} from '../../src/yamux/index.js';

interface Frame {
  readonly header: FrameHeader;
  readonly body: Buffer;
}

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc
    .record({ flags: fc.nat(0xffff), streamId: fc.nat(0xffffffff), body: fc.uint8Array({ maxLength: 60 }) })
    .map(({ flags, streamId, body }) => ({
      header: { type: 'data' as const, flags, streamId, length: body.length },
      body: Buffer.from(body),
    })),
  fc
    .record({
      type: fc.constantFrom('windowUpdate', 'ping', 'goAway'),
      flags: fc.nat(0xffff),
      streamId: fc.nat(0xffffffff),
      length: fc.nat(0xffffffff),
    })
    .map((header) => ({ header, body: Buffer.alloc(0) })),
);

/** The bytes in pieces: cut at these places, taken as often as needed. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function decode(chunks: readonly Uint8Array[]): FramePart[] {
  const decoder = createFrameDecoder();
  return chunks.flatMap((chunk) => decoder.push(chunk));
}

/** Puts the pieces of bodies together again. */
function join(parts: readonly FramePart[]): Frame[] {
  const frames: { header: FrameHeader; body: Buffer }[] = [];
  for (const part of parts) {
    if (part.type === 'header') frames.push({ header: part.header, body: Buffer.alloc(0) });
    const last = frames.at(-1);
    if (part.type !== 'body' || last === undefined) continue;
    last.body = Buffer.concat([last.body, part.bytes]);
    expect(part.header).toBe(last.header);
    expect(part.rest).toBe(last.header.length - last.body.length);
  }
  return frames;
}

describe('a frame', () => {
  it.each<[string, FrameHeader, string]>([
    ['opens stream 1', of('windowUpdate', flag.syn, 1, 0), '00 01 0001 00000001 00000000'],
    ['accepts stream 1', of('windowUpdate', flag.ack, 1, 0), '00 01 0002 00000001 00000000'],
    ['ends stream 2', of('windowUpdate', flag.fin, 2, 0), '00 01 0004 00000002 00000000'],
    ['resets stream 3', of('windowUpdate', flag.rst, 3, 0), '00 01 0008 00000003 00000000'],
    ['gives 128 KiB of credit', of('windowUpdate', 0, 1, 131072), '00 01 0000 00000001 00020000'],
    ['announces 5 bytes', of('data', 0, 1, 5), '00 00 0000 00000001 00000005'],
    ['opens, sends and ends at once', of('data', flag.syn | flag.fin, 7, 1), '00 00 0005 00000007 00000001'],
    ['pings', of('ping', flag.syn, 0, 0xdeadbeef), '00 02 0001 00000000 deadbeef'],
    ['answers a ping', of('ping', flag.ack, 0, 0xdeadbeef), '00 02 0002 00000000 deadbeef'],
    ['goes away', of('goAway', 0, 0, goAwayCode.normal), '00 03 0000 00000000 00000000'],
    [
      'reports a protocol error',
      of('goAway', 0, 0, goAwayCode.protocolError),
      '00 03 0000 00000000 00000001',
    ],
    [
      'reports an internal error',
      of('goAway', 0, 0, goAwayCode.internalError),
      '00 03 0000 00000000 00000002',
    ],
    ['has the largest numbers', of('data', 0xffff, 2 ** 32 - 1, 2 ** 32 - 1), '00 00 ffff ffffffff ffffffff'],
  ])('that %s is these bytes, and these bytes are that frame', (_, header, hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(Buffer.from(encodeHeader(header))).toEqual(bytes);
    expect(decodeHeader(bytes)).toEqual({ ok: true, header });
  });

  it.each([
    ['01 00 0000 00000001 00000000', 'a frame of version 1, and only 0 exists'],
    ['00 04 0000 00000001 00000000', 'a frame of type 4, which does not exist'],
    ['00 ff 0000 00000001 00000000', 'a frame of type 255, which does not exist'],
  ])('is refused as %s', (hex, problem) => {
    expect(decodeHeader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toEqual({ ok: false, problem });
  });
});

describe('the frame decoder', () => {
  it('reads the same frames from any chunks', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), sizes, (frames, cuts) => {
        const bytes = Buffer.concat(frames.flatMap(({ header, body }) => [encodeHeader(header), body]));
        expect(join(decode(cut(bytes, cuts)))).toEqual(frames);
      }),
    );
  });

  it('passes bodies on as slices of the chunks they came in, without copying', () => {
    const chunk = Buffer.concat([encodeHeader(of('data', 0, 1, 8)), Buffer.from('abcd')]);
    const [, body] = createFrameDecoder().push(chunk);
    expect(body).toMatchObject({ type: 'body', rest: 4 });
    expect(body?.type === 'body' && body.bytes.buffer === chunk.buffer).toBe(true);
  });

  it('never throws, keeps every byte of a body, and returns nothing after a refusal, for any bytes', () => {
    const almostFrames = fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 30 }),
          frame.map(({ header, body }) => Buffer.concat([encodeHeader(header), body])),
        ),
        { maxLength: 8 },
      )
      .map((pieces) => Buffer.concat(pieces));
    fc.assert(
      fc.property(
        almostFrames,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (bytes, cuts) => {
          const parts = decode(cut(bytes, cuts));
          expect(join(parts)).toEqual(join(decode([bytes])));
          const refusals = parts.filter(({ type }) => type === 'refusal');
          expect(refusals.length).toBeLessThanOrEqual(1);
          if (refusals.length === 1) expect(parts.at(-1)).toBe(refusals[0]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reports the first problem after all valid frames', () => {
    const good = encodeHeader(of('ping', flag.syn, 0, 1));
    expect(decode([Buffer.concat([good, Buffer.alloc(12, 9), good])])).toEqual([
      { type: 'header', header: of('ping', flag.syn, 0, 1) },
      { type: 'refusal', problem: 'a frame of version 9, and only 0 exists' },
    ]);
  });
});

function of(type: FrameHeader['type'], flags: number, streamId: number, length: number): FrameHeader {
  return { type, flags, streamId, length };
}
