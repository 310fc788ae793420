import { announcementTtlMs } from '../../go-plugin/index.js';
import { PluginError } from '../../model/index.js';

/**
 * The host's own knocks (requests to open a stream), one at a time, as the plugin expects the next stream for the knock
 * that it has answered last.
 */
export interface KnockQueue {
  /**
   * Queues a knock and returns how to cancel it. `answered` is called once, with the refusal or with `null`; after `null`
   * it has to open its stream before it returns. `queuedChanged` is called with `true` when earlier knocks come first,
   * and with `false` when this one is sent.
   */
  enqueue(
    id: number,
    answered: QueuedKnock['answered'],
    queuedChanged?: QueuedKnock['queuedChanged'],
  ): () => void;
  /**
   * Handles the answer of the plugin; an empty error means that it accepts. Returns whether the answer belongs to the
   * knock that was sent last and was not cancelled.
   */
  answered(id: number, error: string): boolean;
}

interface QueuedKnock {
  readonly id: number;
  readonly answered: (refusal: PluginError | null) => void;
  readonly queuedChanged: (isQueued: boolean) => void;
}

/** `timeoutMs`: how long an answer may take; default: go-plugin's own five seconds. */
export function createKnockQueue(knock: (id: number) => void, timeoutMs = announcementTtlMs): KnockQueue {
  const queue: QueuedKnock[] = [];
  let deadline: NodeJS.Timeout | undefined;

  const sendNext = (): void => {
    const [next] = queue;
    if (next === undefined) return;
    deadline = setTimeout(() => {
      finish(next, unansweredError(next.id, timeoutMs));
    }, timeoutMs).unref();
    knock(next.id);
    next.queuedChanged(false);
  };
  const remove = (knock: QueuedKnock): void => {
    const index = queue.indexOf(knock);
    if (index < 0) return;
    queue.splice(index, 1);
    if (index > 0) return;
    clearTimeout(deadline);
    sendNext();
  };
  const finish = (knock: QueuedKnock, refusal: PluginError | null): void => {
    knock.answered(refusal);
    remove(knock);
  };

  return {
    enqueue(id, answered, queuedChanged = () => undefined) {
      const queued: QueuedKnock = { id, answered, queuedChanged };
      queue.push(queued);
      if (queue[0] === queued) sendNext();
      else queuedChanged(true);
      return () => {
        remove(queued);
      };
    },
    answered(id, error) {
      const [sent] = queue;
      if (sent?.id !== id) return false;
      finish(sent, error === '' ? null : refusedError(id, error));
      return true;
    },
  };
}

function refusedError(id: number, reason: string): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The plugin refused the knock for id ${id}: ${reason}.`,
    hint: 'Let the plugin serve an id before it hands it out, and until it has been dialled.',
    facts: { id },
  });
}

function unansweredError(id: number, timeoutMs: number): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    phase: 'serving',
    message: `The plugin has not answered the knock for id ${id} within ${timeoutMs} ms.`,
    hint: 'It serves nothing on that id: let it serve an id before it hands it out, and until it has been dialled.',
    facts: { id },
  });
}
