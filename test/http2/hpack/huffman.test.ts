import fc from 'fast-check';
import { HpackError } from '../../../src/http2/hpack/hpack-error.js';
import { codeOf, endOfString, lengthOf } from '../../../src/http2/hpack/huffman-code.js';
import { decodeHuffman, encodeHuffman } from '../../../src/http2/hpack/huffman.js';

const text = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

function decoded(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return decodeHuffman(bytes, 0, bytes.length);
}

describe('the Huffman code of HPACK', () => {
  it('uses up all codes', () => {
    const sum = [...lengthOf].reduce((all, length) => all + 2 ** -length, 0);
    expect(sum).toBe(1);
  });

  it.each([
    ['0', 0, 5],
    ['t', 0x9, 5],
    [' ', 0x14, 6],
    [':', 0x5c, 7],
    ['&', 0xf8, 8],
    ['!', 0x3f8, 10],
    ['\\', 0x7fff0, 19],
    ['\x01', 0x7fffd8, 23],
    ['\n', 0x3ffffffc, 30],
  ])('has for %j the code of the RFC', (symbol, code, length) => {
    expect(codeOf[symbol.charCodeAt(0)]).toBe(code);
    expect(lengthOf[symbol.charCodeAt(0)]).toBe(length);
  });

  it('ends with the code of thirty ones', () => {
    expect(codeOf[endOfString]).toBe(0x3fffffff);
  });

  it.each([
    ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
    ['a8eb10649cbf', 'no-cache'],
    ['9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com'],
    [
      '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  ])('decodes %s and encodes it back', (hex, expected) => {
    expect(decoded(hex)).toBe(expected);
    expect(Buffer.from(encodeHuffman(expected)).toString('hex')).toBe(hex);
  });

  it('gives back any text', () => {
    fc.assert(
      fc.property(text, fc.nat({ max: 3 }), (given, offset) => {
        const bytes = Buffer.concat([Buffer.alloc(offset, 0xff), encodeHuffman(given), Buffer.alloc(2)]);
        expect(decodeHuffman(bytes, offset, bytes.length - 2)).toBe(given);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['ff', 'eight bits of padding'],
    ['1c', 'a padding of zeros'],
    ['07ffffff', 'a whole byte of padding behind a symbol'],
    ['ffffffff', 'the end of the string within it'],
    ['fffffffcff', 'the end of the string within it, and more'],
  ])('refuses %s: %s', (hex) => {
    expect(() => decoded(hex)).toThrow(HpackError);
  });

  it('decodes any bytes or refuses them, and what it decodes has only one code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let result: string;
        try {
          result = decodeHuffman(bytes, 0, bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(HpackError);
          return;
        }
        expect(Buffer.from(encodeHuffman(result))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
