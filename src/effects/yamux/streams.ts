import { YamuxError, type SessionCore, type SessionEvent, type SessionStep } from '../../yamux/index.js';
import type { Deadlines } from './deadlines.js';
import type { YamuxOptions } from './options.js';
import { createStreamHandle, type StreamControl, type StreamHandle, type YamuxStream } from './stream.js';

export type StreamEvent = Extract<SessionEvent, { readonly type: `stream.${string}` }>;
export type StreamListener = (stream: YamuxStream) => void;

/** The streams of a session, as duplexes. */
export interface Streams {
  readonly open: () => YamuxStream;
  readonly onStream: (listener: StreamListener) => void;
  readonly handle: (fact: StreamEvent) => void;
  /** Ends every stream that is open. */
  readonly failAll: (error: YamuxError) => void;
}

export interface StreamsInput {
  readonly core: SessionCore;
  /** Carries out what a step of the core has brought about, and tells when its output has left. */
  readonly apply: (turn: SessionStep, left?: () => void) => void;
  readonly deadlines: Deadlines;
  readonly settings: Required<YamuxOptions>;
  readonly onOpenTimeout: () => void;
}

export function createStreams({ core, apply, deadlines, settings, onOpenTimeout }: StreamsInput): Streams {
  const ports = new Map<number, StreamHandle>();
  /** Those of the peer's that nobody was given yet. */
  const unaccepted = new Set<number>();
  let listener: StreamListener | null = null;

  const linkTo = (id: number): StreamControl => ({
    send(bytes, left) {
      const { sent, ...turn } = core.send(id, bytes);
      apply(turn, left);
      return sent;
    },
    consume(length) {
      apply(core.consume(id, length));
    },
    end() {
      // The reference does not acknowledge a stream that was ended before it was accepted.
      deadlines.clear(`open ${id}`);
      apply(core.end(id));
    },
    abandon() {
      if (!ports.delete(id)) return;
      deadlines.clear(`open ${id}`);
      deadlines.set(`close ${id}`, settings.closeTimeout, () => {
        apply(core.reset(id));
      });
      apply(core.abandon(id));
    },
    reset() {
      apply(core.reset(id));
    },
  });

  const add = (id: number): StreamHandle => {
    const port = createStreamHandle(linkTo(id));
    ports.set(id, port);
    return port;
  };
  const remove = (id: number): void => {
    ports.delete(id);
    unaccepted.delete(id);
    deadlines.clear(`open ${id}`);
    deadlines.clear(`close ${id}`);
  };
  const breakOff = (id: number, error: YamuxError): void => {
    // Nobody would hear the error of a stream that nobody was given.
    ports.get(id)?.stream.destroy(unaccepted.has(id) ? undefined : error);
  };
  const handOut = (): void => {
    if (listener === null) return;
    for (const id of unaccepted) {
      const port = ports.get(id);
      unaccepted.delete(id);
      apply(core.accept(id));
      if (port !== undefined) listener(port.stream);
    }
  };

  return {
    open() {
      const { id, ...turn } = core.open();
      const { stream } = add(id);
      deadlines.set(`open ${id}`, settings.openTimeout, onOpenTimeout);
      apply(turn);
      return stream;
    },
    onStream(next) {
      listener = next;
      handOut();
    },
    handle(fact) {
      switch (fact.type) {
        case 'stream.opened':
          add(fact.id);
          unaccepted.add(fact.id);
          handOut();
          return;
        case 'stream.accepted':
          deadlines.clear(`open ${fact.id}`);
          return;
        case 'stream.received':
          ports.get(fact.id)?.receive(fact.bytes);
          return;
        case 'stream.credited':
          ports.get(fact.id)?.resume();
          return;
        case 'stream.ended':
          ports.get(fact.id)?.receiveEnd();
          return;
        case 'stream.reset':
          breakOff(fact.id, new YamuxError('stream-reset', 'The peer reset the stream.'));
          return;
        case 'stream.closed':
          remove(fact.id);
      }
    },
    failAll(error) {
      for (const id of [...ports.keys()]) breakOff(id, error);
      ports.clear();
      unaccepted.clear();
    },
  };
}
