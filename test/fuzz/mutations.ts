import fc from 'fast-check';

/**
 * Texts that are nearly right: one of `texts` with parts of it cut out, repeated, or replaced by tokens, by other
 * characters, or by long runs of a token.
 */
export function nearly(texts: readonly string[], tokens: readonly string[]): fc.Arbitrary<string> {
  const token = fc.constantFrom(
    ...tokens,
    '',
    '\0',
    '\n',
    '\r',
    '\x1b',
    '"',
    '\u2028',
    '\ud800',
    'ä',
    '-1',
    '1e999',
  );
  const piece = fc.oneof(
    { weight: 6, arbitrary: token },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    { weight: 1, arbitrary: fc.tuple(token, fc.nat(5000)).map(([text, times]) => text.repeat(times)) },
  );
  const change = fc.tuple(fc.nat(10_000), fc.nat(20), piece);
  return fc.tuple(fc.constantFrom(...texts), fc.array(change, { maxLength: 6 })).map(([text, changes]) =>
    changes.reduce((before, [place, length, inserted]) => {
      const at = place % (before.length + 1);
      return before.slice(0, at) + inserted + before.slice(at + length);
    }, text),
  );
}

/** Bytes of any text, and any bytes. */
export function bytesOf(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 4, arbitrary: text.map((value) => Buffer.from(value)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value)) },
  );
}
