import type { Server } from '@grpc/grpc-js';
import { createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
import { createYamuxSession, type YamuxSession } from '../../src/effects/yamux/yamux-session.js';
import type { BrokerHandlers } from './broker.js';
import { newSocketPath } from './handshake.js';
import { createKnockBroker } from './knock-broker.js';
import type { Network } from './listen.js';
import { printError } from './print.js';
import type { ServerTls } from './tls.js';

/**
 * What a plugin does when it is asked to multiplex. `speaks`: as go-plugin does. Everything else is a fault of its own,
 * but for `declines`, which is anybody's right.
 */
export type MultiplexBehaviour =
  | 'speaks'
  | 'declines'
  | 'claims-only'
  | 'greets'
  | 'ignores-knocks'
  | 'refuses-knocks'
  | 'opens-unasked'
  | 'cuts-off'
  | 'drops'
  | 'gives-up';

/** The side of a plugin that has one socket. */
export interface Multiplexer {
  readonly broker: { readonly handlers: BrokerHandlers; readonly end: () => void };
  /** Ends the connection and lets the process live on; only where that is its fault. */
  readonly cutOff: (() => void) | undefined;
  /** Opens the listener for the one connection, and says which address belongs into the handshake line. */
  listen(server: Server, network: Network): Promise<string>;
}

/** How long go-plugin waits for its host's connection. */
const connectionTimeoutMs = 5_000;

/** What the host's wish and the plugin's own behaviour come to. */
export function prepareMultiplexing(behaviour: MultiplexBehaviour | undefined, tls: ServerTls) {
  const isAsked = process.env.PLUGIN_MULTIPLEX_GRPC === 'true';
  if (behaviour === undefined || !isAsked) return { multiplexing: undefined, multiplexer: null };
  const isAlone = behaviour === 'declines' || behaviour === 'claims-only';
  return {
    multiplexing: behaviour !== 'declines',
    multiplexer: isAlone ? null : createMultiplexer(behaviour, tls),
  };
}

function createMultiplexer(behaviour: MultiplexBehaviour, tls: ServerTls): Multiplexer {
  let only: Socket | null = null;
  let session: YamuxSession | null = null;
  const openUnasked = (): void => {
    const stream = session?.open();
    stream?.on('error', ({ message }) => {
      printError(`A stream that nobody had asked for has failed: ${message}\n`);
    });
    stream?.resume();
  };
  const knocks =
    behaviour === 'ignores-knocks' ? 'ignored' : behaviour === 'refuses-knocks' ? 'refused' : 'accepted';
  const broker = createKnockBroker(
    tls,
    knocks,
    behaviour === 'opens-unasked' ? openUnasked : () => undefined,
  );

  const serveConnection = (socket: Socket, server: Server): void => {
    if (behaviour === 'gives-up') giveUp();
    if (behaviour === 'greets') {
      socket.on('error', () => undefined).write('220 at your service\r\n');
      return;
    }
    if (behaviour === 'drops') {
      socket.destroy();
      return;
    }
    const main = server.createConnectionInjector(tls.credentials);
    session = createYamuxSession(socket, 'server');
    broker.begin(session);
    session.onStream((stream) => {
      stream.on('error', () => undefined);
      if (!broker.take(stream)) main.injectConnection(stream);
    });
  };

  return {
    broker,
    cutOff: behaviour === 'cuts-off' ? () => only?.destroy() : undefined,
    listen(server, network) {
      const deadline = setTimeout(giveUp, connectionTimeoutMs);
      // It goes on listening and takes nobody else, and leaves its socket behind, as go-plugin does.
      return listen(network, (socket) => {
        clearTimeout(deadline);
        if (only !== null) return;
        only = socket;
        serveConnection(socket, server);
      });
    },
  };
}

/** What go-plugin does when its host comes too late. */
function giveUp(): never {
  printError('timed out waiting for connection to be established\n');
  process.exit(0);
}

function listen(network: Network, take: (socket: Socket) => void): Promise<string> {
  const path = newSocketPath();
  const listener: Listener = createServer(take);
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    const listening = (): void => {
      resolve(network === 'unix' ? path : `127.0.0.1:${(listener.address() as AddressInfo).port}`);
    };
    if (network === 'unix') listener.listen(path, listening);
    else listener.listen(0, '127.0.0.1', listening);
  });
}
