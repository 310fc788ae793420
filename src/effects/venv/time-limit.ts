import { maxTimerMs } from '../../model/index.js';

/** A signal that is given when the caller gives theirs, or when the time is over. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  readonly isExceeded: () => boolean;
  /** To be called when the work is done: nothing of it is left then. */
  readonly release: () => void;
}

/**
 * Made by hand, as `AbortSignal.any` and `AbortSignal.timeout` hold each other weakly:
 * in some releases of Node 20 the garbage collector takes the deadline away.
 */
export function startTimeLimit(milliseconds: number, caller: AbortSignal | undefined): TimeLimit {
  const controller = new AbortController();
  let over = false;
  const follow = (): void => {
    controller.abort(caller?.reason);
  };
  const expire = (): void => {
    over = true;
    controller.abort(new Error(`${milliseconds} ms are over`));
  };
  const timer = setTimeout(expire, Math.min(milliseconds, maxTimerMs));
  if (caller?.aborted === true) follow();
  caller?.addEventListener('abort', follow, { once: true });
  const release = (): void => {
    clearTimeout(timer);
    caller?.removeEventListener('abort', follow);
  };
  return { signal: controller.signal, isExceeded: () => over, release };
}
