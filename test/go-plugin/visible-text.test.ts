import fc from 'fast-check';
import { quoteText, visibleText } from '../../src/go-plugin/index.js';

describe('text of a plugin in a message', () => {
  it.each([
    ['a\tb\n', String.raw`a\tb\n`],
    ['\u001b[31m', String.raw`\u001b[31m`],
    ['\u007f\u0085\u009b', String.raw`\u007f\u0085\u009b`],
    ['\u2028\u202e\u2066\ufeff\u200b', String.raw`\u2028\u202e\u2066\ufeff\u200b`],
    ['"\\', String.raw`\"\\`],
    ['naïve 日本 😀', 'naïve 日本 😀'],
  ])('%j is shown as %s', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(quoteText(text)).toBe(`"${shown}"`);
  });

  it('is cut at the limit, with an ellipsis', () => {
    expect(quoteText('abcdef', 3)).toBe('"abc…"');
    expect(quoteText('abc', 3)).toBe('"abc"');
  });

  it('does not end in half a character', () => {
    expect(visibleText('a😀', 2)).toBe(String.raw`a\ud83d…`);
  });

  it('never has an effect on a terminal', () => {
    const control = fc.constantFrom(
      '\u0000',
      '\u001b',
      '\r',
      '\u0085',
      '\u009b',
      '\u2028',
      '\u202e',
      '\u2066',
    );
    const text = fc.array(fc.oneof(control, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (words) => {
        expect(visibleText(words)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});
