import {
  createFrameDecoder,
  encodeHeader,
  flag,
  type FrameHeader,
  type SessionStep,
} from '../../src/yamux/index.js';

const letters = [
  ['S', flag.syn],
  ['A', flag.ack],
  ['F', flag.fin],
  ['R', flag.rst],
] as const;

/** The bytes of frames that are written as `type flags stream length`, the flags as letters: `data F 1 5`. */
export function bytesOf(...frames: readonly string[]): Buffer {
  return Buffer.concat(
    frames.flatMap((text) => {
      const [type = '', flags = '', streamId, length] = text.split(' ');
      const header = {
        type: type as FrameHeader['type'],
        flags: letters.reduce((sum, [letter, bit]) => (flags.includes(letter) ? sum | bit : sum), 0),
        streamId: Number(streamId),
        length: Number(length),
      };
      const isShort = header.type === 'data' && header.length <= 1024 * 1024;
      return [encodeHeader(header), Buffer.alloc(isShort ? header.length : 0, 'x')];
    }),
  );
}

/** The output of a step, in the same notation. */
export function writtenBy({ output }: SessionStep): string[] {
  return createFrameDecoder()
    .push(Buffer.concat(output))
    .flatMap((part) => (part.type === 'header' ? [wordsOf(part.header)] : []));
}

function wordsOf({ type, flags, streamId, length }: FrameHeader): string {
  const shown = letters.flatMap(([letter, bit]) => ((flags & bit) === 0 ? [] : [letter])).join('');
  return `${type} ${shown === '' ? '-' : shown} ${streamId} ${length}`;
}

/** The events of a step, without their bytes. */
export function eventsOf({ events }: SessionStep): string[] {
  return events.map((event) => {
    if (event.type === 'session.failed') return `${event.type} ${event.error.reason}`;
    if (event.type === 'ping.answered') return `${event.type} ${event.value}`;
    return event.type === 'stream.received'
      ? `${event.type} ${event.id} ${event.bytes.length}`
      : `${event.type} ${event.id}`;
  });
}
