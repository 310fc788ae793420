import { createServer, type Socket } from 'node:net';
import { createYamuxSession, type YamuxSession } from '../../src/effects/yamux/yamux-session.js';
import { exitWithoutCookie, handshakeLine, newSocketPath } from './handshake.js';
import { healthCheckResponse } from './messages.js';
import { onParentExit } from './parent-process.js';
import { printOut } from './print.js';
import { serveRawHttp2, type RawConnection, type RawStream } from './raw-http2.js';

/** What a plugin does that attacks its host. What it does not name is as it should be. */
export interface Attack {
  /** Answers a request; `false`: as a well-behaved plugin would. */
  readonly answer?: (stream: RawStream, connection: RawConnection) => boolean;
  /** Whether it agrees to multiplex; then this is called with the one connection and its session. */
  readonly multiplexed?: (session: YamuxSession, socket: Socket) => void;
  /** Called after its first answer to a health check. */
  readonly afterHealth?: (connection: RawConnection) => void;
}

const statusUnimplemented = 12;

/** The answer to a health check. */
export const serving = healthCheckResponse.encode('SERVING');

/** Serves health checks over HTTP/2 that is written by hand, and attacks its host in one way. */
export function attackHost({
  answer = () => false,
  multiplexed,
  afterHealth = () => undefined,
}: Attack): void {
  if (process.env.ESPALIER_PLUGIN !== undefined) exitWithoutCookie('ESPALIER_PLUGIN', 'espalier');
  process.on('SIGINT', () => undefined).on('SIGTERM', () => process.exit(0));
  onParentExit(() => process.exit(0));
  const isMultiplexing = multiplexed !== undefined && process.env.PLUGIN_MULTIPLEX_GRPC === 'true';
  let connections = 0;
  let isAnswered = false;

  const serve = (stream: RawStream, connection: RawConnection): void => {
    if (answer(stream, connection)) return;
    if (stream.path === '/grpc.health.v1.Health/Check') {
      stream.answer(serving);
      if (!isAnswered) setImmediate(afterHealth, connection);
      isAnswered = true;
    } else if (stream.path === '/plugin.GRPCController/Shutdown') {
      process.exit(0);
    } else if (!longRunning.has(stream.path)) {
      stream.begin();
      stream.end(statusUnimplemented);
    } else stream.begin();
  };
  const path = newSocketPath();
  const server = createServer((socket) => {
    connections += 1;
    const number = connections;
    if (!isMultiplexing) {
      serveRawHttp2({ number, socket }, serve);
      return;
    }
    const session = createYamuxSession(socket, 'server');
    session.onStream((stream) => {
      serveRawHttp2({ number, socket: stream }, serve);
    });
    multiplexed(session, socket);
  });
  server.listen(path, () => {
    printOut(`${handshakeLine({ address: path, multiplexing: isMultiplexing ? true : undefined })}\n`);
  });
}

/** Streams that stay open without a message. */
const longRunning: ReadonlySet<string> = new Set([
  '/grpc.health.v1.Health/Watch',
  '/plugin.GRPCStdio/StreamStdio',
  '/plugin.GRPCBroker/StartStream',
]);
