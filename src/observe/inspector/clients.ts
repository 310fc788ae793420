import type { WebSocket } from 'ws';

/** The connected WebSocket clients. */
export interface Clients {
  readonly count: number;
  /** Adds a client and sends it the replay. */
  add(socket: WebSocket, replay: readonly string[]): void;
  broadcast(text: string): void;
  closeAll(): void;
}

/** The send buffer of a client beyond its replay, in bytes. */
const maxUnreadBytes = 8 * 1024 * 1024;

/** Creates an empty set of clients. A client with a full send buffer is disconnected; a reconnect gives it a new replay. */
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
