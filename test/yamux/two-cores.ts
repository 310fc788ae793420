import {
  createFrameDecoder,
  createSessionCore,
  initialWindow,
  type FrameDecoder,
  type Role,
  type SessionCore,
  type SessionStep,
} from '../../src/yamux/index.js';

const period = 251;
const endless = Buffer.from(Array.from({ length: 600_000 }, (_, at) => at % period));

/** What a stream carries from its byte `at` on; the two directions of two streams differ. */
export function contentAt(streamId: number, at: number, length: number): Buffer {
  const from = (at + streamId * 7) % period;
  return endless.subarray(from, from + length);
}

interface Flow {
  /** What the side wants to send, has sent, was given as credit, has received and has read. */
  wanted: number;
  sent: number;
  credit: number;
  received: number;
  read: number;
  isEndWanted: boolean;
  isEndSent: boolean;
  isEndReceived: boolean;
}

/** One side of a simulated connection, with its own account of what may be sent. */
export interface Side {
  readonly core: SessionCore;
  readonly flows: Map<number, Flow>;
  /** What has been written and did not arrive yet. */
  readonly wire: Buffer[];
  readonly decoder: FrameDecoder;
  readonly problems: string[];
}

export function createSide(role: Role): Side {
  return {
    core: createSessionCore(role),
    flows: new Map(),
    wire: [],
    decoder: createFrameDecoder(),
    problems: [],
  };
}

export function open(side: Side): void {
  const step = side.core.open();
  side.flows.set(step.id, newFlow());
  perform(side, step);
}

/** Sends what is wanted as far as the window goes, and then the end. */
export function pump(side: Side, id: number): void {
  const flow = side.flows.get(id);
  if (flow === undefined) return;
  for (let sent = 1; sent > 0 && flow.sent < flow.wanted;) {
    const step = side.core.send(id, contentAt(id, flow.sent, Math.min(flow.wanted - flow.sent, 300_000)));
    sent = step.sent;
    flow.sent += sent;
    if (flow.sent > flow.credit) side.problems.push(`${flow.sent} sent on ${id}, ${flow.credit} allowed`);
    perform(side, step);
  }
  if (!flow.isEndWanted || flow.isEndSent || flow.sent < flow.wanted) return;
  flow.isEndSent = true;
  perform(side, side.core.end(id));
}

export function read(side: Side, id: number, length: number): void {
  const flow = side.flows.get(id);
  if (flow === undefined) return;
  const taken = Math.min(length, flow.received - flow.read);
  flow.read += taken;
  perform(side, side.core.consume(id, taken));
}

/** Lets some of what `from` has written arrive at `to`; returns whether anything did. */
export function carry(from: Side, to: Side, length: number): boolean {
  const waiting = Buffer.concat(from.wire.splice(0));
  const chunk = waiting.subarray(0, length);
  if (waiting.length > chunk.length) from.wire.push(waiting.subarray(chunk.length));
  for (const part of to.decoder.push(chunk))
    if (part.type === 'header' && part.header.type === 'windowUpdate') {
      const flow = to.flows.get(part.header.streamId);
      if (flow !== undefined) flow.credit += part.header.length;
    }
  perform(to, to.core.receive(chunk));
  return chunk.length > 0;
}

function perform(side: Side, { output, events }: SessionStep): void {
  side.wire.push(...output.map((bytes) => Buffer.from(bytes)));
  for (const event of events) {
    if (event.type === 'session.failed') side.problems.push(event.error.message);
    if (event.type === 'stream.reset') side.problems.push(`stream ${event.id} was reset`);
    if (event.type === 'stream.opened') {
      side.flows.set(event.id, newFlow());
      perform(side, side.core.accept(event.id));
    }
    const flow = 'id' in event ? side.flows.get(event.id) : undefined;
    if (event.type === 'stream.ended' && flow !== undefined) flow.isEndReceived = true;
    if (event.type !== 'stream.received' || flow === undefined) continue;
    if (flow.isEndReceived) side.problems.push(`data after the end of ${event.id}`);
    if (!contentAt(event.id, flow.received, event.bytes.length).equals(event.bytes))
      side.problems.push(`wrong bytes on ${event.id} at ${flow.received}`);
    flow.received += event.bytes.length;
    if (flow.received - flow.read > initialWindow) side.problems.push(`too much unread on ${event.id}`);
  }
}

function newFlow(): Flow {
  return {
    wanted: 0,
    sent: 0,
    credit: initialWindow,
    received: 0,
    read: 0,
    isEndWanted: false,
    isEndSent: false,
    isEndReceived: false,
  };
}
