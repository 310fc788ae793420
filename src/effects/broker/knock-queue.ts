import { announcementTtlMs } from '../../go-plugin/index.js';
import { PluginError } from '../../model/index.js';

/** The host's own knocks, one after the other: the plugin hands each stream to the knock that it has answered last. */
export interface KnockQueue {
  /**
   * Knocks as soon as all earlier turns are over. `settle` hears once what came of it, and has to open its stream, if it
   * was let in, before it returns. `waits` hears when earlier turns come first, and when they are over. Returns how to
   * give the turn up.
   */
  enqueue(id: number, settle: QueuedKnock['answered'], waits?: QueuedKnock['queuedChanged']): () => void;
  /** The plugin has answered a knock; an empty error lets us in. Returns whether somebody still waits for the answer. */
  answered(id: number, error: string): boolean;
}

interface QueuedKnock {
  readonly id: number;
  readonly answered: (refusal: PluginError | null) => void;
  readonly queuedChanged: (queuedChanged: boolean) => void;
}

/** `timeoutMs`: how long an answer may take; by default as long as go-plugin waits, in milliseconds. */
export function createKnockQueue(knock: (id: number) => void, timeoutMs = announcementTtlMs): KnockQueue {
  const queue: QueuedKnock[] = [];
  let deadline: NodeJS.Timeout | undefined;

  const sendNext = (): void => {
    const [turn] = queue;
    if (turn === undefined) return;
    deadline = setTimeout(() => {
      finish(turn, unanswered(turn.id, timeoutMs));
    }, timeoutMs).unref();
    knock(turn.id);
    turn.queuedChanged(false);
  };
  const remove = (turn: QueuedKnock): void => {
    const at = queue.indexOf(turn);
    if (at < 0) return;
    queue.splice(at, 1);
    if (at > 0) return;
    clearTimeout(deadline);
    sendNext();
  };
  const finish = (turn: QueuedKnock, refusal: PluginError | null): void => {
    turn.answered(refusal);
    remove(turn);
  };

  return {
    enqueue(id, settle, waits = () => undefined) {
      const turn: QueuedKnock = { id, answered: settle, queuedChanged: waits };
      queue.push(turn);
      if (queue[0] === turn) sendNext();
      else waits(true);
      return () => {
        remove(turn);
      };
    },
    answered(id, error) {
      const [turn] = queue;
      if (turn?.id !== id) return false;
      finish(turn, error === '' ? null : refused(id, error));
      return true;
    },
  };
}

function refused(id: number, said: string): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The plugin refused the knock for id ${id}: ${said}.`,
    hint: 'Let the plugin serve an id before it hands it out, and until it has been dialled.',
    facts: { id },
  });
}

function unanswered(id: number, timeoutMs: number): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    phase: 'serving',
    message: `The plugin has not answered the knock for id ${id} within ${timeoutMs} ms.`,
    hint: 'It serves nothing on that id: let it serve an id before it hands it out, and until it has been dialled.',
    facts: { id },
  });
}
