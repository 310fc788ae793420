import fc from 'fast-check';
import { createSessionCore, encodeHeader, YamuxError, type SessionStep } from '../../src/yamux/index.js';

const id = fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 2 ** 32 - 1 }));
const frame = fc
  .record({
    type: fc.constantFrom('data' as const, 'windowUpdate' as const, 'ping' as const, 'goAway' as const),
    flags: fc.oneof(fc.constantFrom(0, 1, 2, 4, 5, 8), fc.nat({ max: 65_535 })),
    streamId: id,
    length: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(262_144, 262_145), fc.nat({ max: 2 ** 32 - 1 })),
  })
  .chain((header) =>
    fc
      .uint8Array({ maxLength: 40 })
      .map((body) => Buffer.concat([encodeHeader(header), header.type === 'data' ? body : Buffer.alloc(0)])),
  );
const bytes = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: frame },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((some) => Buffer.from(some)) },
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.concat(parts));
const action = fc.constantFrom(
  'open',
  'accept',
  'send',
  'consume',
  'end',
  'abandon',
  'reset',
  'ping',
  'goAway',
);

/** What both sides of a yamux session do. */
export const anyYamuxSession = fc.record({
  role: fc.constantFrom('client' as const, 'server' as const),
  turns: fc.array(fc.tuple(action, fc.nat({ max: 6 }), bytes), { maxLength: 15 }),
});

/** Plays one; throws where it does anything but report events in an order that can be, and fail once. */
export function playYamuxSession({
  role,
  turns,
}: typeof anyYamuxSession extends fc.Arbitrary<infer T> ? T : never): void {
  const core = createSessionCore(role);
  const open = new Set<number>();
  let isFailed = false;
  const note = ({ events }: SessionStep): void => {
    for (const event of events) {
      if (isFailed) throw new Error(`${event.type} came after the failure`);
      if (event.type === 'session.failed') isFailed = true;
      else if (event.type === 'stream.opened') open.add(event.id);
      else if (event.type === 'stream.closed') open.delete(event.id);
      else if ('id' in event && !open.has(event.id))
        throw new Error(`${event.type} of a stream that is not open`);
    }
  };
  const act = (what: string, stream: number): void => {
    if (what === 'open') {
      try {
        const { id: opened, ...step } = core.open();
        open.add(opened);
        note(step);
      } catch (error) {
        if (!(error instanceof YamuxError)) throw error;
      }
    } else if (what === 'send') note(core.send(stream, new Uint8Array(stream * 50_000)));
    else if (what === 'consume') note(core.consume(stream, stream * 50_000));
    else if (what === 'ping') note(core.ping(stream));
    else if (what === 'goAway') note(core.goAway());
    else note(core[what as 'accept' | 'end' | 'abandon' | 'reset'](stream));
  };
  for (const [what, stream, received] of turns) {
    act(what, stream);
    note(core.receive(received));
  }
}
