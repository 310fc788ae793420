import type { WebSocket } from 'ws';

/** Who listens. */
export interface Clients {
  readonly count: number;
  /** Takes in a newcomer, and tells it what it needs to know first. */
  add(socket: WebSocket, replay: readonly string[]): void;
  broadcast(text: string): void;
  closeAll(): void;
}

/** What a client may leave unread, in bytes, beside its replay. */
const maxUnreadBytes = 8 * 1024 * 1024;

/** Tells everybody everything. Who cannot keep up is cut off: coming back brings a fresh replay. */
export function createClients(): Clients {
  const unreadLimits = new Map<WebSocket, number>();

  const disconnect = (socket: WebSocket): void => {
    unreadLimits.delete(socket);
    socket.terminate();
  };

  return {
    get count() {
      return unreadLimits.size;
    },
    add(socket, replay) {
      const forget = (): void => {
        unreadLimits.delete(socket);
      };
      socket.on('close', forget);
      socket.on('error', forget);
      for (const text of replay) socket.send(text);
      unreadLimits.set(socket, maxUnreadBytes + socket.bufferedAmount);
    },
    broadcast(text) {
      for (const [socket, unreadLimit] of unreadLimits) {
        if (socket.bufferedAmount > unreadLimit) disconnect(socket);
        else socket.send(text);
      }
    },
    closeAll() {
      for (const socket of unreadLimits.keys()) disconnect(socket);
    },
  };
}
