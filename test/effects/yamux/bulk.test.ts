import fc from 'fast-check';
import type { YamuxStream } from '../../../src/effects/yamux/index.js';
import { contentAt } from '../../yamux/two-cores.js';
import { openStream, quiet, sessionPair, streamPair, write } from './support.js';

const amount = 8 * 1024 * 1024;

/** Writes 8 MiB in pieces of these sizes, over and over, with what belongs at each place. */
async function send(stream: YamuxStream, direction: number, sizes: readonly number[]): Promise<void> {
  for (let at = 0, index = 0; at < amount; index += 1) {
    let piece = Math.min(sizes[index % sizes.length] ?? 1, amount - at);
    for (; piece > 0; piece -= 500_000, at += 500_000)
      await write(stream, contentAt(direction, at, Math.min(piece, 500_000)));
    at += piece;
  }
  stream.end();
}

/** Reads to the end and says where the first wrong byte was, or how much came. */
async function receive(stream: YamuxStream, direction: number): Promise<string> {
  let at = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (!contentAt(direction, at, chunk.length).equals(chunk)) return `wrong after ${at}`;
    at += chunk.length;
  }
  return `${at} bytes`;
}

describe('a session', () => {
  it('carries 8 MiB both ways at once in writes of 1 B to 1 MiB, unchanged', async () => {
    const [near, far] = await streamPair(await sessionPair());
    const sizes = [1, 2, 1, 11, 12, 13, 1000, 65_535, 65_536, 65_537, 262_144, 262_145, 1_048_576];
    const [, , there, back] = await Promise.all([
      send(near, 1, sizes),
      send(far, 2, [...sizes].reverse()),
      receive(far, 1),
      receive(near, 2),
    ]);
    expect([there, back]).toEqual([`${amount} bytes`, `${amount} bytes`]);
  });

  it('carries many streams at once, for any writes', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(70_000)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 12 }), async (plans) => {
        const pair = await sessionPair();
        pair.server.onStream((stream) => {
          quiet(stream).pipe(stream);
        });
        const outcomes = plans.map(async (plan) => {
          const near = openStream(pair.client);
          const echoed = collect(near);
          for (const size of plan) near.write(contentAt(3, size, size));
          near.end();
          return [Buffer.concat(plan.map((size) => contentAt(3, size, size))), await echoed] as const;
        });
        for (const [written, echoed] of await Promise.all(outcomes))
          expect(echoed.equals(written)).toBe(true);
        for (const socket of pair.sockets) socket.destroy();
      }),
      { numRuns: 20 },
    );
  });
});

async function collect(stream: YamuxStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
