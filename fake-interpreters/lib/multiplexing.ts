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
 * The answer to a request to multiplex. `speaks`: as go-plugin does. `declines`: allowed by the protocol. The others are
 * faults.
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

/** A plugin's side of a multiplexed connection. */
export interface Multiplexer {
  readonly broker: { readonly handlers: BrokerHandlers; readonly end: () => void };
  /** Closes the connection and leaves the process alive; only for the fault `cuts-off`. */
  readonly closeConnection: (() => void) | undefined;
  /** Opens the listener of the connection; resolves with the address for the handshake line. */
  listen(server: Server, network: Network): Promise<string>;
}

/** go-plugin's timeout of the host's connection, in milliseconds. */
const connectionTimeoutMs = 5_000;

/** The multiplexer for the host's request and the fake's behaviour. */
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
    closeConnection: behaviour === 'cuts-off' ? () => only?.destroy() : undefined,
    listen(server, network) {
      const deadline = setTimeout(giveUp, connectionTimeoutMs);
      // Like go-plugin, it keeps listening, accepts no other connection, and leaves its socket behind.
      return listen(network, (socket) => {
        clearTimeout(deadline);
        if (only !== null) return;
        only = socket;
        serveConnection(socket, server);
      });
    },
  };
}

/** What go-plugin does when its host connects too late. */
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
