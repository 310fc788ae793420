import fc from 'fast-check';
import type { HandshakeOffer } from '../../../src/go-plugin/index.js';

const certificate = Buffer.from(Array.from({ length: 90 }, (_, index) => (index * 37) % 256)).toString(
  'base64',
);

const junk = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('|', ''));

/** Mostly one of the good values, so that the later fields are reached as well. */
function mostly(good: readonly string[], doubtful: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom(...good) },
    { weight: 4, arbitrary: fc.constantFrom(...doubtful) },
    { weight: 1, arbitrary: junk },
  );
}

const fields = fc.tuple(
  mostly(['1', '01', '+1'], ['2', '0', '-1', ' 1', '1_0', '1.0', '', '9007199254740993']),
  mostly(['1', '2', '+2', '003'], ['11', '-1', '-0', '1 ', 'x', '', '99999999999999999999']),
  mostly(['unix', 'tcp'], ['udp', 'Unix', 'tcp4', '']),
  mostly(
    ['/tmp/plugin1', '127.0.0.1:1234', ':1234', '[::1]:9', 'localhost:80'],
    [
      '',
      '@abstract',
      '/' + 'p'.repeat(106),
      '/' + 'p'.repeat(107),
      '/é'.repeat(36),
      '/a\tb',
      '::1:1',
      '[::]:65535',
    ],
  ),
  mostly(['grpc'], ['netrpc', '', 'GRPC', 'grpc ']),
  mostly(
    ['', 'extra', certificate],
    [
      `${certificate}=`,
      certificate.replace('A', '-'),
      certificate.slice(0, 50),
      certificate.slice(0, 51),
      certificate + 'A',
      'é'.repeat(30),
    ],
  ),
  mostly(['true', '1', 'T'], ['false', 'F', 'yes', '', 'TRUe']),
  junk,
);

/** Handshake lines with a field or two off, cut short, or with something around them. */
export const almostValidLine: fc.Arbitrary<string> = fc
  .tuple(
    fields,
    fc.oneof({ weight: 4, arbitrary: fc.constant(7) }, fc.integer({ min: 0, max: 8 })),
    fc.constantFrom('', '', '', ' ', '\t', '\r'),
  )
  .map(([parts, count, space]) => space + parts.slice(0, count).join('|') + space);

export const anyOffer: fc.Arbitrary<HandshakeOffer> = fc.record({
  protocolVersions: fc.constantFrom([1, 2, 3], [2], [0, 1, 2, 3], []),
  allowNetrpc: fc.boolean(),
  multiplexing: fc.constantFrom(undefined, 'auto' as const, 'required' as const),
  certificateExpected: fc.oneof(fc.constant(true), fc.boolean()),
  certificateRequired: fc.boolean(),
});
