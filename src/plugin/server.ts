import { Server } from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import { serverOptions, type Endpoint } from './endpoint.js';
import { listen, type Listening } from './listen.js';

/** A gRPC server with a listener of its own. */
export interface ListeningServer {
  readonly grpc: Server;
  /** Begins to take connections; the services are added before. */
  readonly listen: () => Promise<Listening>;
  /** Lets running calls end within `graceMs`, cuts off what is left, and removes the socket. */
  readonly stop: (graceMs: number) => Promise<void>;
}

/** Makes a server that does not listen yet. */
export function createServer(endpoint: Endpoint): ListeningServer {
  const grpc = new Server(serverOptions(endpoint));
  const injector = grpc.createConnectionInjector(endpoint.security.server);
  const sockets = new Set<Socket>();
  let listening: Listening | null = null;
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    // The host may go at any time.
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  };
  return {
    grpc,
    async listen() {
      listening = await listen(endpoint, accept);
      return listening;
    },
    async stop(graceMs) {
      listening?.close();
      // Its callback comes too early since Node 24, so the connections are waited for.
      grpc.tryShutdown(() => undefined);
      await within(graceMs, Promise.all([...sockets].map(closed)));
      grpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

function within(timeoutMs: number, settled: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    void settled.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
