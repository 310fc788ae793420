import { YamuxError, type SessionCore, type SessionFact, type Turn } from '../../yamux/index.js';
import type { Deadlines } from './deadlines.js';
import type { YamuxOptions } from './options.js';
import { createStreamPort, type StreamLink, type StreamPort, type YamuxStream } from './stream.js';

export type StreamFact = Extract<SessionFact, { readonly type: `stream.${string}` }>;
export type StreamListener = (stream: YamuxStream) => void;

/** The streams of a session, as duplexes. */
export interface Streams {
  readonly open: () => YamuxStream;
  readonly onStream: (listener: StreamListener) => void;
  readonly learn: (fact: StreamFact) => void;
  /** Ends every stream that is open. */
  readonly breakAll: (error: YamuxError) => void;
}

export interface StreamsInput {
  readonly core: SessionCore;
  /** Carries out what a step of the core has brought about, and tells when its output has left. */
  readonly perform: (turn: Turn, left?: () => void) => void;
  readonly deadlines: Deadlines;
  readonly settings: Required<YamuxOptions>;
  readonly onOpenTimeout: () => void;
}

export function createStreams({ core, perform, deadlines, settings, onOpenTimeout }: StreamsInput): Streams {
  const ports = new Map<number, StreamPort>();
  /** Those of the peer's that nobody was given yet. */
  const held = new Set<number>();
  let listener: StreamListener | null = null;

  const linkTo = (id: number): StreamLink => ({
    send(bytes, left) {
      const { sent, ...turn } = core.send(id, bytes);
      perform(turn, left);
      return sent;
    },
    consume(length) {
      perform(core.consume(id, length));
    },
    end() {
      // The reference does not acknowledge a stream that was ended before it was accepted.
      deadlines.clear(`open ${id}`);
      perform(core.end(id));
    },
    abandon() {
      if (!ports.delete(id)) return;
      deadlines.clear(`open ${id}`);
      deadlines.set(`close ${id}`, settings.closeTimeout, () => {
        perform(core.reset(id));
      });
      perform(core.abandon(id));
    },
    reset() {
      perform(core.reset(id));
    },
  });

  const add = (id: number): StreamPort => {
    const port = createStreamPort(linkTo(id));
    ports.set(id, port);
    return port;
  };
  const remove = (id: number): void => {
    ports.delete(id);
    held.delete(id);
    deadlines.clear(`open ${id}`);
    deadlines.clear(`close ${id}`);
  };
  const breakOff = (id: number, error: YamuxError): void => {
    // Nobody would hear the error of a stream that nobody was given.
    ports.get(id)?.stream.destroy(held.has(id) ? undefined : error);
  };
  const handOut = (): void => {
    if (listener === null) return;
    for (const id of held) {
      const port = ports.get(id);
      held.delete(id);
      perform(core.accept(id));
      if (port !== undefined) listener(port.stream);
    }
  };

  return {
    open() {
      const { id, ...turn } = core.open();
      const { stream } = add(id);
      deadlines.set(`open ${id}`, settings.openTimeout, onOpenTimeout);
      perform(turn);
      return stream;
    },
    onStream(next) {
      listener = next;
      handOut();
    },
    learn(fact) {
      switch (fact.type) {
        case 'stream.opened':
          add(fact.id);
          held.add(fact.id);
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
    breakAll(error) {
      for (const id of [...ports.keys()]) breakOff(id, error);
      ports.clear();
      held.clear();
    },
  };
}
