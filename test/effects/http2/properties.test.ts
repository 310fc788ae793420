import { Metadata, status as code } from '@grpc/grpc-js';
import fc from 'fast-check';
import { earlier, grpcTimeout } from '../../../src/effects/grpc/deadline.js';
import { createMessageReader, withPrefix, type MessageReader } from '../../../src/effects/grpc/messages.js';
import type { WireMessage } from '../../../src/effects/grpc/compression.js';
import { metadataOf } from '../../../src/effects/http2/response-headers.js';
import {
  knownCode,
  percentDecoded,
  statusOfHttp,
  statusOfReset,
  statusOfTrailers,
} from '../../../src/effects/http2/status.js';

const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
const cutsOf = (length: number) => fc.array(fc.nat({ max: length }), { maxLength: 12 });

/** All messages that a reader has now. */
function readAll(reader: MessageReader): WireMessage[] {
  const read: WireMessage[] = [];
  for (let next = reader.next(); next !== null; next = reader.next()) read.push(next);
  return read;
}

/** The same bytes in pieces. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...[...cuts].sort((one, other) => one - other), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe('the reader of messages', () => {
  it('gives back any messages, wherever their bytes are cut', () => {
    const cut = messages.chain((texts) => {
      const bytes = Buffer.concat(texts.map((text) => withPrefix(text)));
      return fc.tuple(fc.constant(texts), fc.constant(bytes), cutsOf(bytes.length), fc.boolean());
    });
    fc.assert(
      fc.property(cut, ([texts, bytes, cuts, isReadLate]) => {
        const reader = createMessageReader();
        const read = pieces(bytes, cuts).flatMap((piece) => {
          reader.push(piece);
          return isReadLate ? [] : readAll(reader);
        });
        read.push(...readAll(reader));
        expect(read.map((message) => message.bytes.toString('hex'))).toEqual(
          texts.map((text) => Buffer.from(text).toString('hex')),
        );
        expect(read.every(({ isCompressed }) => !isCompressed)).toBe(true);
        expect(reader.heldBytes()).toBe(0);
      }),
    );
  });

  it('gives back long messages between short ones, wherever their bytes are cut', () => {
    const sizes = fc.array(fc.constantFrom<number[]>(0, 7, 3000, 33_000, 40_000, 200_000), { maxLength: 6 });
    const cut = sizes.chain((lengths) => {
      const total = lengths.reduce((sum: number, length) => sum + length + 5, 0);
      return fc.tuple(fc.constant(lengths), cutsOf(total), fc.constantFrom(0, 16_384, 65_536), fc.boolean());
    });
    fc.assert(
      fc.property(cut, ([lengths, cuts, chunk, isReadLate]) => {
        const sent = lengths.map((length, index) => Buffer.alloc(length, String(index)));
        const bytes = Buffer.concat(sent.map((text) => withPrefix(text)));
        const even = chunk === 0 ? [] : Array.from({ length: bytes.length / chunk }, (_, at) => at * chunk);
        const reader = createMessageReader();
        const read = pieces(bytes, [...cuts, ...even]).flatMap((piece) => {
          reader.push(piece);
          return isReadLate ? [] : readAll(reader);
        });
        read.push(...readAll(reader));
        expect(read.map((message) => message.bytes.equals(sent.shift() ?? Buffer.from('?')))).toEqual(
          lengths.map(() => true),
        );
        expect(reader.heldBytes()).toBe(0);
      }),
    );
  });

  it('holds the bytes of a message that is not there as a whole', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(), (text, seed) => {
        const bytes = withPrefix(text);
        const length = 1 + (seed % bytes.length);
        const reader = createMessageReader();
        reader.push(bytes.subarray(0, length));
        expect(reader.hasNext()).toBe(length === bytes.length);
        expect(reader.heldBytes()).toBe(length);
      }),
    );
  });

  it('holds thousands of short messages in little more than their bytes', () => {
    const reader = createMessageReader();
    const before = process.memoryUsage().arrayBuffers;
    // Each is a small part of a large chunk.
    for (let count = 0; count < 2000; count += 1) {
      const chunk = Buffer.allocUnsafeSlow(64 * 1024);
      chunk.set(withPrefix(Buffer.alloc(0)), 100);
      reader.push(chunk.subarray(100, 105));
    }
    globalThis.gc?.();
    expect(reader.heldBytes()).toBe(10_000);
    expect(readAll(reader)).toHaveLength(2000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2000 * 64 * 1024);
  });

  it('throws a RangeError or nothing, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const reader = createMessageReader();
        try {
          for (const chunk of chunks) {
            reader.push(Buffer.from(chunk));
            readAll(reader);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  it('takes no announcement of more than it can hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 31, max: 2 ** 32 - 1 }), (length) => {
        const prefix = Buffer.alloc(5);
        prefix.writeUInt32BE(length, 1);
        const reader = createMessageReader();
        reader.push(prefix);
        expect(() => reader.hasNext()).toThrow(RangeError);
      }),
    );
  });
});

describe('the timeout that a server is told', () => {
  const units = { m: 1, S: 1000, M: 60_000, H: 3_600_000 };

  it('has one to eight digits and a unit, is never 0, and not shorter than the time that is left by more than it takes to write', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 3e14, noNaN: true }), (leftMs) => {
        const said = grpcTimeout(Date.now() + leftMs);
        const [, digits, unit] = /^([1-9]\d{0,7})([mSMH])$/.exec(said ?? '') ?? [];
        const saidMs = Number(digits) * units[unit as keyof typeof units];
        expect(saidMs).toBeGreaterThan(leftMs - 1000);
        expect(saidMs).toBeLessThanOrEqual(Math.max(leftMs, 1) + units[unit as keyof typeof units]);
      }),
    );
  });

  it.each([Infinity, NaN, 1e300])('is none for %d', (deadline) => {
    expect(grpcTimeout(deadline)).toBeNull();
  });

  it('is the earlier one of two, as numbers or dates', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), fc.date({ noInvalidDate: true }), (one, other) => {
        const first = Math.min(one.getTime(), other.getTime());
        expect(Number(earlier(one, other))).toBe(first);
        expect(Number(earlier(one.getTime(), other))).toBe(first);
      }),
    );
  });
});

describe('the message of a status', () => {
  it('is what was encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(percentDecoded(encodeURIComponent(text))).toBe(text);
      }),
    );
  });

  it('is shown whatever it is, and never throws', () => {
    const broken = fc.string({ unit: fc.constantFrom('%', '0', 'f', 'C', '3', 'z', ' ', '€') });
    fc.assert(
      fc.property(broken, (text) => {
        const shown = percentDecoded(text);
        expect(shown.length > 0).toBe(text.length > 0);
        if (!text.includes('%')) expect(shown).toBe(text);
      }),
    );
  });
});

describe('the status of a call', () => {
  const known = new Set(Object.values(code).filter((value) => typeof value === 'number'));

  it('is one that gRPC knows, whatever the server says', () => {
    const said = fc.oneof(fc.integer().map(String), fc.string(), fc.constantFrom('0', '16', '00'));
    fc.assert(
      fc.property(said, fc.string(), (status, message) => {
        const found = statusOfTrailers({ 'grpc-status': status, 'grpc-message': message });
        expect(known.has(found?.code as code)).toBe(true);
        if (!/^\d+$/.test(status)) expect(found?.code).toBe(code.UNKNOWN);
      }),
    );
  });

  it('is never OK without a status of the server', () => {
    fc.assert(
      fc.property(fc.integer(), (number) => {
        for (const found of [statusOfHttp(number, undefined), statusOfReset(number)]) {
          expect(found.code).not.toBe(code.OK);
          expect(known.has(found.code)).toBe(true);
        }
      }),
    );
    expect(statusOfTrailers({})).toBeNull();
  });

  it('has a code only for numbers that are one', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        // Not by identity: -0 is a 0 that is sent as one.
        const found = knownCode(value);
        expect(found === null ? !known.has(value as code) : found === value).toBe(true);
      }),
    );
  });
});

describe('metadata', () => {
  it('with any bytes is the same after it was headers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        (values) => {
          const metadata = new Metadata();
          for (const value of values) metadata.add('any-bin', Buffer.from(value));
          const { 'any-bin': sent } = metadata.toHttp2Headers();
          // Node joins headers of one name as HTTP does.
          const joined = Array.isArray(sent) ? sent.join(', ') : sent;
          expect(
            metadataOf({ 'any-bin': joined as string })
              .get('any-bin')
              .map((value) => Buffer.from(value).toString('hex')),
          ).toEqual(values.map((value) => Buffer.from(value).toString('hex')));
        },
      ),
    );
  });
});
