import type { Duplex } from 'node:stream';

/** Writes pieces as one, which saves a packet for each, and tells when the last of them has left. */
export function writeCorked(socket: Duplex, pieces: readonly Uint8Array[], left?: () => void): void {
  const last = pieces.at(-1);
  if (last === undefined || !socket.writable) return;
  socket.cork();
  for (const piece of pieces.slice(0, -1)) socket.write(piece);
  socket.write(last, (error) => {
    // A socket that fails says so itself.
    if (error === null || error === undefined) left?.();
  });
  socket.uncork();
}
