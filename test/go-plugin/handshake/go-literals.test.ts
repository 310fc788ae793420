import fc from 'fast-check';
import {
  decodeRawBase64,
  parseGoBoolean,
  parseGoInteger,
} from '../../../src/go-plugin/handshake/go-literals.js';

describe('a Go integer', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['1', 1],
    ['+1', 1],
    ['-1', -1],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('%j is %d', (text, value) => {
    expect(parseGoInteger(text)).toBe(value);
  });

  it.each([
    '',
    '+',
    '-',
    '+-1',
    ' 1',
    '1 ',
    '1\n',
    '1_000',
    '1.0',
    '1e3',
    '0x1',
    '٣',
    '9007199254740992',
    '9'.repeat(400),
  ])('%j is none', (text) => {
    expect(parseGoInteger(text)).toBeNull();
  });
});

describe('a Go boolean', () => {
  it.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('%j is true', (text) => {
    expect(parseGoBoolean(text)).toBe(true);
  });

  it.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('%j is false', (text) => {
    expect(parseGoBoolean(text)).toBe(false);
  });

  it.each(['', ' true', 'tRUE', 'yes', '2', 'constructor'])('%j is neither', (text) => {
    expect(parseGoBoolean(text)).toBeNull();
  });
});

describe('raw base64', () => {
  it('returns the bytes that were encoded, in a buffer of their own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64').replace(/=+$/, '');
        const read = decodeRawBase64(text);
        expect(read).toStrictEqual(bytes);
        expect(read?.buffer.byteLength).toBe(bytes.length);
      }),
    );
  });

  it.each(['', 'A', 'AAAAA', 'AA==', 'AAA=', 'AA A', 'AA\n', 'AA-_', 'AA\r\nAA'])('is not %j', (text) => {
    expect(decodeRawBase64(text)).toBeNull();
  });
});
