import type { WebSocket } from 'ws';

/** Who listens. */
export interface Clients {
  readonly count: number;
  /** Takes in a newcomer, and tells it what it needs to know first. */
  welcome(socket: WebSocket, replay: readonly string[]): void;
  tell(text: string): void;
  dismissAll(): void;
}

/** What a client may leave unread, in bytes, beside its replay. */
const patience = 8 * 1024 * 1024;

/** Tells everybody everything. Who cannot keep up is cut off: coming back brings a fresh replay. */
export function createClients(): Clients {
  const allowances = new Map<WebSocket, number>();

  const dismiss = (socket: WebSocket): void => {
    allowances.delete(socket);
    socket.terminate();
  };

  return {
    get count() {
      return allowances.size;
    },
    welcome(socket, replay) {
      const leave = (): void => {
        allowances.delete(socket);
      };
      socket.on('close', leave);
      socket.on('error', leave);
      for (const text of replay) socket.send(text);
      allowances.set(socket, patience + socket.bufferedAmount);
    },
    tell(text) {
      for (const [socket, allowance] of allowances) {
        if (socket.bufferedAmount > allowance) dismiss(socket);
        else socket.send(text);
      }
    },
    dismissAll() {
      for (const socket of allowances.keys()) dismiss(socket);
    },
  };
}
