import { announcementLifeMs } from '../../go-plugin/index.js';
import { PluginError } from '../../model/index.js';

/** The host's own knocks, one after the other: the plugin hands each stream to the knock that it has answered last. */
export interface KnockTurns {
  /**
   * Knocks as soon as all earlier turns are over. `settle` hears once what came of it, and has to open its stream, if it
   * was let in, before it returns. `waits` hears when earlier turns come first, and when they are over. Returns how to
   * give the turn up.
   */
  take(id: number, settle: Turn['settle'], waits?: Turn['waits']): () => void;
  /** The plugin has answered a knock; an empty error lets us in. Returns whether somebody still waits for the answer. */
  answered(id: number, error: string): boolean;
}

interface Turn {
  readonly id: number;
  readonly settle: (refusal: PluginError | null) => void;
  readonly waits: (waits: boolean) => void;
}

/** `timeoutMs`: how long an answer may take; by default as long as go-plugin waits, in milliseconds. */
export function createKnockTurns(knock: (id: number) => void, timeoutMs = announcementLifeMs): KnockTurns {
  const turns: Turn[] = [];
  let deadline: NodeJS.Timeout | undefined;

  const begin = (): void => {
    const [turn] = turns;
    if (turn === undefined) return;
    deadline = setTimeout(() => {
      end(turn, unanswered(turn.id, timeoutMs));
    }, timeoutMs).unref();
    knock(turn.id);
    turn.waits(false);
  };
  const leave = (turn: Turn): void => {
    const at = turns.indexOf(turn);
    if (at < 0) return;
    turns.splice(at, 1);
    if (at > 0) return;
    clearTimeout(deadline);
    begin();
  };
  const end = (turn: Turn, refusal: PluginError | null): void => {
    turn.settle(refusal);
    leave(turn);
  };

  return {
    take(id, settle, waits = () => undefined) {
      const turn: Turn = { id, settle, waits };
      turns.push(turn);
      if (turns[0] === turn) begin();
      else waits(true);
      return () => {
        leave(turn);
      };
    },
    answered(id, error) {
      const [turn] = turns;
      if (turn?.id !== id) return false;
      end(turn, error === '' ? null : refused(id, error));
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
