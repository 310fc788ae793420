import type { Readable } from 'node:stream';
import { turnLimits } from '../../model/limits.js';

let turnBegan: number | null = null;

/**
 * Whether the work on received input has taken its share of this turn of the event loop. Work that has not begun yet
 * then waits for `setImmediate`. All sources of a host share one turn.
 */
export function isTurnUsedUp(): boolean {
  if (turnBegan !== null) return performance.now() - turnBegan >= turnLimits.workMs;
  turnBegan = performance.now();
  setImmediate(() => {
    turnBegan = null;
  });
  return false;
}

/**
 * Receives what a stream reads, in slices: when the turn is used up, the stream waits for the next one. Bytes that are
 * not read yet hold up the process that sends them.
 */
export function receiveInSlices(source: Readable, receive: (chunk: Buffer) => void): void {
  source.on('data', (chunk: Buffer) => {
    isTurnUsedUp();
    receive(chunk);
    if (source.destroyed || !isTurnUsedUp()) return;
    source.pause();
    setImmediate(() => source.resume());
  });
}
