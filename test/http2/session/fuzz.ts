import fc from 'fast-check';
import { frame, pair, settings, settingsAck, uint32 } from './server.js';

const id = fc.oneof(fc.constantFrom(0, 1, 3, 5), fc.nat({ max: 9 }), fc.nat({ max: 2 ** 31 - 1 }));
const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(
    Buffer.from('88', 'hex'),
    Buffer.from('885f106170706c69636174696f6e2f67727063', 'hex'),
    Buffer.from('4001610162', 'hex'),
    Buffer.alloc(8),
    Buffer.alloc(5),
    uint32(0),
    uint32(1),
    uint32(2 ** 31 - 1),
  ),
);
const anyFrame = fc
  .tuple(fc.nat({ max: 11 }), fc.oneof(fc.constantFrom(0, 1, 4, 5, 8, 12), fc.nat({ max: 255 })), id, body)
  .map(([type, flags, stream, bytes]) => frame(type, flags, stream, bytes));
const anySettings = fc
  .tuple(fc.nat({ max: 8 }), fc.oneof(fc.nat({ max: 100_000 }), fc.nat({ max: 2 ** 32 - 1 })))
  .map(([key, value]) => settings({ [key]: value }));

/** What a server may send: frames that are well formed, nearly, or not at all; and bytes that are cut anywhere. */
export const anyBytes = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: anyFrame },
      { weight: 1, arbitrary: anySettings },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
    ),
    { maxLength: 25 },
  )
  .map((parts) => Buffer.concat(parts));

const action = fc.constantFrom('open', 'send', 'end', 'reset', 'pause', 'resume', 'take', 'leave', 'lost');

/** What both sides do. */
export const anySession = fc.record({
  isGreeted: fc.boolean(),
  turns: fc.array(fc.tuple(action, fc.nat({ max: 3 }), anyBytes), { maxLength: 12 }),
});

/** Plays one; throws where a session did anything but tell events or fail once. */
export function playSession(given: {
  isGreeted: boolean;
  turns: readonly (readonly [string, number, Buffer])[];
}): void {
  const server = pair(given.isGreeted ? [settings(), settingsAck] : []);
  const { session } = server;
  const opened: ReturnType<typeof server.open>[] = [];
  for (const [what, which, bytes] of given.turns) {
    const one = opened[which];
    if (what === 'open' && session.isTaking()) opened.push(server.open());
    if (what === 'take') server.taken();
    if (what === 'leave') session.leave();
    if (what === 'lost') session.lost('socket-lost');
    if (one !== undefined) {
      if (what === 'send' || what === 'end')
        session.send(one.stream, Buffer.alloc(which * 20_000), what === 'end');
      if (what === 'reset') session.reset(one.stream, 8);
      if (what === 'pause') session.pause(one.stream);
      if (what === 'resume') session.resume(one.stream);
    }
    session.receive(bytes);
  }
  server.taken();
  session.lost('session-closed');
  check(server.events.filter((event) => event.startsWith('failed')).length === 1, 'it fails exactly once');
  for (const { log } of opened) {
    const ends = log.filter((line) => /^(end|reset|malformed|lost|too-large|unprocessed)/.test(line));
    check(ends.length <= 1, `a stream ends once: ${log.join('; ')}`);
    check(ends.length === 0 || log.at(-1) === ends[0], `nothing comes after the end: ${log.join('; ')}`);
  }
  check(session.waitingBytes() === 0, 'nothing waits behind the end');
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
