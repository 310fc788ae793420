import fc from 'fast-check';
import { createLineSplitter } from '../../../src/effects/logs/line-splitter.js';

function splitAt(text: string, pieces: readonly number[], limit?: number): string[] {
  const splitter = createLineSplitter(limit);
  const bytes = Buffer.from(text);
  const lines: string[] = [];
  let start = 0;
  for (const piece of pieces) {
    lines.push(...splitter.push(bytes.subarray(start, start + piece)));
    start += piece;
  }
  lines.push(...splitter.push(bytes.subarray(start)));
  return [...lines, splitter.rest()];
}

describe('the line splitter', () => {
  it('returns the same lines for any chunks', () => {
    const text = fc.array(fc.constantFrom('a', 'ä', '\n', '\r\n', ' ')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 0, max: 5 })), (printed, pieces) => {
        expect(splitAt(printed, pieces)).toEqual(splitAt(printed, []));
      }),
    );
  });

  it('delivers a line beyond the limit in pieces within the limit', () => {
    expect(splitAt('abcdefgh\nij', [], 3)).toEqual(['abc', 'def', 'gh', 'ij']);
  });

  it('needs memory for the bytes of a line, not for its chunks', () => {
    const splitter = createLineSplitter();
    const chunkBytes = 64 * 1024;
    const before = process.memoryUsage().arrayBuffers;
    // Each byte lies in a chunk of its own; held all, they would be 512 MiB.
    for (let byte = 0; byte < 8192; byte += 1)
      splitter.push(new Uint8Array(chunkBytes).subarray(0, 1).fill(120));
    const held = process.memoryUsage().arrayBuffers - before;
    expect(splitter.rest()).toBe('x'.repeat(8192));
    expect(held).toBeLessThan(256 * 1024 * 1024);
  });
});
