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

/** What is received at once. */
const partBytes = 16 * 1024;

/**
 * Receives what a stream reads, in slices: when the turn is used up, the rest waits for the next one. Bytes that are not
 * read yet hold up the process that sends them.
 */
export function receiveInSlices(source: Readable, receive: (chunk: Buffer) => void): void {
  source.on('data', (chunk: Buffer) => {
    isTurnUsedUp();
    let at = 0;
    do {
      receive(chunk.length <= partBytes ? chunk : chunk.subarray(at, at + partBytes));
      at += partBytes;
    } while (at < chunk.length && !isTurnUsedUp());
    if (source.destroyed || !isTurnUsedUp()) return;
    source.pause();
    if (at < chunk.length) source.unshift(chunk.subarray(at));
    setImmediate(() => source.resume());
  });
}
