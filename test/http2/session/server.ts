import {
  createHeaderTemplate,
  createHttp2Session,
  type HeaderField,
  type Http2Error,
  type Http2Session,
  type Http2Stream,
  type StreamEnd,
  type StreamHandler,
} from '../../../src/http2/index.js';
import { createHpackDecoder, createHpackEncoder } from '../../../src/http2/hpack/index.js';

/** A frame as it is on the wire. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly body: Buffer;
}

export const prefaceSize = 24;

export function frame(type: number, flags: number, id: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, body]);
}

export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => bytes.writeUInt32BE(value, at * 4));
  return bytes;
}

export function settings(values: Readonly<Record<number, number>> = {}): Buffer {
  const bodies = Object.entries(values).map(([id, value]) => {
    const body = Buffer.alloc(6);
    body.writeUInt16BE(Number(id));
    body.writeUInt32BE(value, 2);
    return body;
  });
  return frame(4, 0, 0, Buffer.concat(bodies));
}

export const settingsAck = frame(4, 1, 0);

/** All whole frames in these bytes. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const length = bytes.readUIntBE(at, 3);
    const body = bytes.subarray(at + 9, at + 9 + length);
    if (body.length < length) throw new Error('a frame is cut off');
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      id: bytes.readUInt32BE(at + 5),
      body,
    });
    at += 9 + length;
  }
  return frames;
}

export function lines(fields: readonly HeaderField[]): string[] {
  return fields.map(({ name, value }) => `${name}: ${value}`);
}

export function fields(...texts: string[]): HeaderField[] {
  return texts.map((text) => {
    const colon = text.indexOf(': ', 1);
    return { name: text.slice(0, colon), value: text.slice(colon + 2) };
  });
}

/** What happened on a stream, in words. */
export type Log = string[];

/** A client's session and a pretended server, with a log of each stream. */
export interface Pair {
  readonly session: Http2Session<readonly string[]>;
  /** What the session told of itself. */
  readonly events: Log;
  readonly failure: () => Http2Error | null;
  /** Sends to the client. */
  send(...parts: readonly Uint8Array[]): void;
  /** What the client has written since the last time. */
  taken(): Frame[];
  /** A response's headers, as a frame. */
  headers(id: number, texts: readonly string[], flags?: number): Buffer;
  /** A request whose log is kept. */
  open(path?: string, extra?: readonly HeaderField[]): { stream: Http2Stream; log: Log; bytes: () => Buffer };
  /** The fields of a HEADERS frame of the client. */
  read(frame: Frame): string[];
}

interface Owner {
  readonly log: Log;
  readonly bodies: Uint8Array[];
}

const handler: StreamHandler<Owner, readonly string[]> = {
  headers: ({ log }, block, isLast) =>
    void log.push(`${isLast ? 'trailers' : 'headers'} ${block.join(', ')}`),
  data: ({ log, bodies }, bytes) => {
    log.push(`data ${bytes.length}`);
    bodies.push(bytes);
  },
  end: ({ log }) => void log.push('end'),
  failed: ({ log }, end) => void log.push(wordsFor(end)),
  drained: ({ log }) => void log.push('drained'),
};

function wordsFor(end: StreamEnd): string {
  switch (end.type) {
    case 'reset':
      return `reset ${end.code}${end.isProcessed ? '' : ' unprocessed'}`;
    case 'malformed':
      return `malformed: ${end.problem}`;
    case 'lost':
      return `lost${end.isSent ? '' : ' unsent'}: ${end.error.reason}`;
    case 'too-large':
    case 'unprocessed':
      return end.type;
  }
}

/** A pair whose server has greeted, unless it is told not to. */
export function pair(greeting: readonly Uint8Array[] = [settings(), settingsAck], firstId = 1): Pair {
  const events: Log = [];
  let failure: Http2Error | null = null;
  const session = createHttp2Session<readonly string[]>(
    {
      output: () => void events.push('output'),
      greeted: () => void events.push('greeted'),
      leaving: () => void events.push('leaving'),
      failed: (error) => {
        failure = error;
        events.push(`failed ${error.reason}`);
      },
      finished: () => void events.push('finished'),
    },
    lines,
    firstId,
  );
  const encoder = createHpackEncoder(0);
  const decoder = createHpackDecoder(4096, Infinity);
  const templates = new Map<string, ReturnType<typeof createHeaderTemplate>>();
  let isPrefaceTaken = false;
  const self: Pair = {
    session,
    events,
    failure: () => failure,
    send(...parts) {
      session.receive(Buffer.concat(parts));
    },
    taken() {
      const bytes = Buffer.concat(session.take());
      const rest = isPrefaceTaken ? bytes : bytes.subarray(prefaceSize);
      isPrefaceTaken = true;
      return framesOf(rest);
    },
    headers: (id, texts, flags = 4) => frame(1, flags, id, encoder.encodePlain(fields(...texts))),
    open(path = '/a.B/C', extra = []) {
      const template = templates.get(path) ?? createHeaderTemplate(fields(':method: POST', `:path: ${path}`));
      templates.set(path, template);
      const owner: Owner = { log: [], bodies: [] };
      const stream = session.open({ template, fields: extra }, handler, owner);
      if (stream === null) throw new Error('no stream is to be had');
      return { stream, log: owner.log, bytes: () => Buffer.concat(owner.bodies) };
    },
    read({ body }) {
      const reading = decoder.decode(body);
      if (!reading.ok) throw new Error(reading.problem);
      return lines(reading.fields);
    },
  };
  if (greeting.length > 0) {
    self.taken();
    self.send(...greeting);
    self.taken();
    events.length = 0;
  }
  return self;
}
