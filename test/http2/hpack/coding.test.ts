import fc from 'fast-check';
import { createHpackDecoder, createHpackEncoder, type HeaderField } from '../../../src/http2/hpack/index.js';

const letters = fc.constantFrom('a', 'b', 'grpc-status', 'content-type', ':path', 'x'.repeat(90), 'cookie');
const values = fc.oneof(
  fc.constantFrom('', '0', 'application/grpc', '/a.B/C'),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const field: fc.Arbitrary<HeaderField> = fc.oneof(
  fc.record({ name: letters, value: values }),
  fc.record({ name: letters, value: values, isSensitive: fc.constant(true) }),
);
const block = fc.record({
  fields: fc.array(field, { maxLength: 12 }),
  isIndexing: fc.boolean(),
  /** The other side changes the table before the block. */
  tableSizes: fc.array(fc.nat({ max: 6000 }), { maxLength: 3 }),
});

function problemOf(hex: string, tableSize = 4096): string | undefined {
  const reading = createHpackDecoder(tableSize, 1000).decode(Buffer.from(hex, 'hex'));
  return reading.ok ? undefined : reading.problem;
}

describe('header compression', () => {
  it('gives back any fields, with any changes of the table between the blocks', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (blocks) => {
        const encoder = createHpackEncoder(4096);
        const decoder = createHpackDecoder(4096, Infinity);
        for (const { fields, isIndexing, tableSizes } of blocks) {
          // The decoder allows as much as before: it is the encoder that keeps to it.
          for (const size of tableSizes) encoder.allow(size);
          const bytes = Buffer.concat([
            encoder.takeSizeUpdate(),
            isIndexing ? encoder.encodeIndexed(fields) : encoder.encodePlain(fields),
          ]);
          expect(decoder.decode(bytes)).toEqual({ ok: true, fields: asDecoded(fields), isTooLarge: false });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('encodes the same block to the same bytes as long as its version is the same', () => {
    fc.assert(
      fc.property(fc.array(fc.array(field, { maxLength: 6 }), { minLength: 1, maxLength: 8 }), (blocks) => {
        const encoder = createHpackEncoder(4096);
        for (const fields of blocks) encoder.encodeIndexed(fields);
        for (const fields of blocks) {
          const version = encoder.version();
          const once = encoder.encodeIndexed(fields);
          if (encoder.version() === version) expect(encoder.encodeIndexed(fields)).toEqual(once);
        }
      }),
    );
  });

  it('needs a byte for each field that came before, once its table has it', () => {
    const encoder = createHpackEncoder(4096);
    const fields = [
      { name: ':path', value: '/proto.KV/Get' },
      { name: 'user-agent', value: 'espalier' },
    ];
    expect(encoder.encodeIndexed(fields).length).toBeGreaterThan(10);
    expect(encoder.encodeIndexed(fields)).toHaveLength(2);
    expect(encoder.encodePlain(fields)).toHaveLength(2);
  });

  it('never puts a secret into its table', () => {
    const encoder = createHpackEncoder(4096);
    const secret = [{ name: 'authorization', value: 'Bearer abcdef', isSensitive: true }];
    const version = encoder.version();
    const once = encoder.encodeIndexed(secret);
    expect((once[0] ?? 0) & 0xf0).toBe(0x10);
    expect(encoder.version()).toBe(version);
    expect(encoder.encodeIndexed(secret)).toEqual(once);
  });

  it('says one size only of a table that was made smaller and larger between two blocks', () => {
    const encoder = createHpackEncoder(4096);
    encoder.allow(100);
    encoder.allow(200);
    expect(Buffer.from(encoder.takeSizeUpdate()).toString('hex')).toBe('3f45');
    expect(encoder.takeSizeUpdate()).toHaveLength(0);
  });

  it('uses no larger table than it wants, whatever it is allowed', () => {
    const encoder = createHpackEncoder(4096);
    encoder.allow(2 ** 32 - 1);
    expect(encoder.takeSizeUpdate()).toHaveLength(0);
  });

  it.each([
    ['80', 'the index 0'],
    ['be', 'an index beyond the tables'],
    ['ff80808080808001', 'an integer that is too long'],
    ['ff808080', 'an integer without an end'],
    ['40', 'a field without a name'],
    ['400161', 'a field without a value'],
    ['40016105', 'a value that is longer than the block'],
    ['4001618180', 'a Huffman code with wrong padding'],
    ['823f00', 'a change of the table in the middle'],
    ['3fe21f', 'a table larger than allowed'],
  ])('refuses %s: %s', (hex) => {
    expect(problemOf(hex)).toEqual(expect.any(String));
  });

  it('takes no table larger than the one it was changed to', () => {
    const decoder = createHpackDecoder(4096, 1000);
    expect(decoder.decode(Buffer.from('3fe11f', 'hex')).ok).toBe(true);
    decoder.allow(0);
    expect(decoder.decode(Buffer.from('20', 'hex')).ok).toBe(true);
    expect(decoder.decode(Buffer.from('21', 'hex')).ok).toBe(false);
  });

  it('empties its table for an entry that is larger than it', () => {
    const decoder = createHpackDecoder(64, 1000);
    expect(decoder.decode(Buffer.from('4001610162be', 'hex')).ok).toBe(true);
    expect(decoder.decode(Buffer.from(`40016128${'62'.repeat(40)}`, 'hex')).ok).toBe(true);
    expect(decoder.decode(Buffer.from('be', 'hex')).ok).toBe(false);
  });

  it('leaves out what is over the limit of a block, and stays in step', () => {
    const decoder = createHpackDecoder(4096, 80);
    const large = decoder.decode(Buffer.from('4001610162400163016440016501660f2f0167', 'hex'));
    expect(large).toMatchObject({ ok: true, isTooLarge: true });
    expect(large.ok && large.fields).toHaveLength(2);
    expect(decoder.decode(Buffer.from('be', 'hex'))).toMatchObject({ fields: [{ name: 'e', value: 'f' }] });
  });

  it('decodes any bytes or says why not', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), (blocks) => {
        const decoder = createHpackDecoder(4096, 2000);
        for (const bytes of blocks) {
          const reading = decoder.decode(bytes);
          if (!reading.ok) expect(reading.problem).not.toBe('');
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** A field is sensitive only as long as it does not come from a table. */
function asDecoded(fields: readonly HeaderField[]): HeaderField[] {
  return fields.map(({ name, value, isSensitive }) => ({
    name,
    value,
    ...(isSensitive === true && { isSensitive }),
  }));
}
