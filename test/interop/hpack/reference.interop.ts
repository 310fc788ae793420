import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { createHpackDecoder, createHpackEncoder, type HeaderField } from '../../../src/http2/hpack/index.js';

interface Answer {
  readonly Block?: string;
  readonly Fields?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Error?: string;
}

const reference = spawn(process.env['HPACK_PEER'] ?? '', [], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface(reference.stdout)[Symbol.asyncIterator]();

async function ask(command: object): Promise<Answer> {
  reference.stdin.write(`${JSON.stringify(command)}\n`);
  const line: unknown = (await lines.next()).value;
  return JSON.parse(String(line)) as Answer;
}

const name = fc.constantFrom(':path', 'content-type', 'grpc-status', 'a', 'b', 'c', 'x-long'.repeat(20));
const value = fc.oneof(
  fc.constantFrom('', '0', '/a.B/C', 'application/grpc', 'y'.repeat(300)),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const fields = fc.array(fc.record({ name, value, isSensitive: fc.boolean() }), { maxLength: 15 });
const blocks = fc.array(
  fc.record({ fields, isIndexing: fc.boolean(), sizes: fc.array(fc.nat({ max: 4096 }), { maxLength: 3 }) }),
  { minLength: 1, maxLength: 15 },
);

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

function inHex(field: HeaderField) {
  return { Name: hex(field.name), Value: hex(field.value), Sensitive: field.isSensitive === true };
}

describe('header compression against golang.org/x/net/http2/hpack', () => {
  afterAll(async () => {
    reference.stdin.end();
    await once(reference, 'exit');
  });

  it('decodes what the reference encodes, with evictions and changes of its table', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (given) => {
        const decoder = createHpackDecoder(4096, Infinity);
        await ask({ Reset: true, Encode: [] });
        for (const { fields: sent, sizes } of given) {
          const { Block } = await ask({ Encode: sent.map(inHex), Sizes: sizes });
          const reading = decoder.decode(Buffer.from(Block ?? '', 'hex'));
          const read = reading.ok
            ? reading.fields.map((field) => [field.name, field.value])
            : reading.problem;
          expect(read).toEqual(sent.map((field) => [field.name, field.value]));
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('is decoded by the reference, with changes of the table and none', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (given) => {
        const encoder = createHpackEncoder(4096);
        await ask({ Reset: true, Encode: [] });
        for (const { fields: sent, isIndexing, sizes } of given) {
          for (const size of sizes) encoder.allow(size);
          const block = Buffer.concat([
            encoder.takeSizeUpdate(),
            isIndexing ? encoder.encodeIndexed(sent) : encoder.encodePlain(sent),
          ]);
          const { Fields, Error } = await ask({ Decode: block.toString('hex') });
          expect(Error).toBeUndefined();
          expect((Fields ?? []).map((field) => [field.Name, field.Value])).toEqual(
            sent.map((field) => [hex(field.name), hex(field.value)]),
          );
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('takes nothing that the reference refuses, and refuses what it does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }), async (given) => {
        const decoder = createHpackDecoder(4096, Infinity);
        await ask({ Reset: true, Encode: [] });
        for (const bytes of given) {
          const { Fields, Error } = await ask({ Decode: Buffer.from(bytes).toString('hex') });
          const reading = decoder.decode(bytes);
          if (!reading.ok) {
            // The reference takes a change of an empty table anywhere.
            if (!reading.problem.includes('middle of a block'))
              expect([bytes, Error]).not.toEqual([bytes, undefined]);
            return;
          }
          expect([bytes, Error]).toEqual([bytes, undefined]);
          expect(reading.fields.map((field) => [hex(field.name), hex(field.value)])).toEqual(
            (Fields ?? []).map((field) => [field.Name, field.Value]),
          );
        }
      }),
      { numRuns: 3000 },
    );
  }, 60_000);
});
