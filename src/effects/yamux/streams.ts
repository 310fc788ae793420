import { YamuxError, type SessionCore, type SessionEvent, type SessionStep } from '../../yamux/index.js';
import type { Deadlines } from './deadlines.js';
import type { YamuxOptions } from './options.js';
import { createStreamHandle, type StreamControl, type StreamHandle, type YamuxStream } from './stream.js';

/** An event of the session core that concerns one stream. */
export type StreamEvent = Extract<SessionEvent, { readonly type: `stream.${string}` }>;
/** Called with each stream of the peer. */
export type StreamListener = (stream: YamuxStream) => void;

/** The streams of a session, as Node duplexes. */
export interface Streams {
  /** Opens a stream. Throws a `YamuxError` where none can be opened. */
  readonly open: () => YamuxStream;
  /** Passes the streams of the peer to a listener, those from before included. */
  readonly onStream: (listener: StreamListener) => void;
  /** Applies an event of the session core. */
  readonly handle: (event: StreamEvent) => void;
  /** Destroys every open stream with this error. */
  readonly failAll: (error: YamuxError) => void;
}

/** What the streams need of their session. */
export interface StreamsInput {
  readonly core: SessionCore;
  /** Writes the output of a step and applies its events; calls `sent` once the output is written. */
  readonly apply: (step: SessionStep, sent?: () => void) => void;
  readonly deadlines: Deadlines;
  readonly settings: Required<YamuxOptions>;
  /** Called when the peer has not acknowledged a stream in time. */
  readonly onOpenTimeout: () => void;
}

/** No streams yet. */
export function createStreams({ core, apply, deadlines, settings, onOpenTimeout }: StreamsInput): Streams {
  const handles = new Map<number, StreamHandle>();
  /** Streams of the peer that no listener has got yet. */
  const unaccepted = new Set<number>();
  let listener: StreamListener | null = null;

  const controlOf = (id: number): StreamControl => ({
    send(bytes, written) {
      const { sent, ...step } = core.send(id, bytes);
      apply(step, written);
      return sent;
    },
    consume(length) {
      apply(core.consume(id, length));
    },
    end() {
      // hashicorp/yamux does not acknowledge a stream that was ended before it was accepted.
      deadlines.clear(`open ${id}`);
      apply(core.end(id));
    },
    abandon() {
      if (!handles.delete(id)) return;
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
    const handle = createStreamHandle(controlOf(id));
    handles.set(id, handle);
    return handle;
  };
  const remove = (id: number): void => {
    handles.delete(id);
    unaccepted.delete(id);
    deadlines.clear(`open ${id}`);
    deadlines.clear(`close ${id}`);
  };
  const destroy = (id: number, error: YamuxError): void => {
    // A stream that no listener has got has no error handler.
    handles.get(id)?.stream.destroy(unaccepted.has(id) ? undefined : error);
  };
  const deliverStreams = (): void => {
    if (listener === null) return;
    for (const id of unaccepted) {
      const handle = handles.get(id);
      unaccepted.delete(id);
      apply(core.accept(id));
      if (handle !== undefined) listener(handle.stream);
    }
  };

  return {
    open() {
      const { id, ...step } = core.open();
      const { stream } = add(id);
      deadlines.set(`open ${id}`, settings.openTimeout, onOpenTimeout);
      apply(step);
      return stream;
    },
    onStream(next) {
      listener = next;
      deliverStreams();
    },
    handle(event) {
      switch (event.type) {
        case 'stream.opened':
          add(event.id);
          unaccepted.add(event.id);
          deliverStreams();
          return;
        case 'stream.accepted':
          deadlines.clear(`open ${event.id}`);
          return;
        case 'stream.received':
          handles.get(event.id)?.receive(event.bytes);
          return;
        case 'stream.credited':
          handles.get(event.id)?.resume();
          return;
        case 'stream.ended':
          handles.get(event.id)?.receiveEnd();
          return;
        case 'stream.reset':
          destroy(event.id, new YamuxError('stream-reset', 'The peer reset the stream.'));
          return;
        case 'stream.closed':
          remove(event.id);
      }
    },
    failAll(error) {
      for (const id of [...handles.keys()]) destroy(id, error);
      handles.clear();
      unaccepted.clear();
    },
  };
}
