import { Server } from '@grpc/grpc-js';
import { handshakeLine, exitWithoutCookie } from './handshake.js';
import { onParentExit } from './parent-process.js';
import { listen } from './listen.js';
import type { Misbehaviour } from './misbehaviour.js';
import { prepareMultiplexing } from './multiplexing.js';
import { printOut } from './print.js';
import { addServices } from './services.js';
import { prepareTls } from './tls.js';

/** How long a stop waits for calls in flight, in milliseconds. */
const stopGraceMs = 100;

/** Serves go-plugin's services and the Fake service, prints the handshake line, and runs until a stop request. */
export function servePlugin(misbehaviour: Misbehaviour = {}): void {
  if (process.env.ESPALIER_PLUGIN !== undefined) exitWithoutCookie('ESPALIER_PLUGIN', 'espalier');
  process.on('SIGINT', () => undefined);
  void serve(misbehaviour);
}

async function serve(misbehaviour: Misbehaviour): Promise<void> {
  const { network = 'unix', ignoreSigterm = false, onHandshakePrinted } = misbehaviour;
  const tls = await prepareTls(misbehaviour.tls);
  const { maxConnectionAgeMs } = misbehaviour;
  const server = new Server({
    'grpc.max_receive_message_length': -1,
    ...(maxConnectionAgeMs !== undefined && { 'grpc.max_connection_age_ms': maxConnectionAgeMs }),
  });

  const leave = () => process.exit(0);
  let isHeld = false;
  const stop = () => {
    if (isHeld) return;
    endStreams();
    server.tryShutdown(leave);
    setTimeout(leave, stopGraceMs);
  };

  const { multiplexing, multiplexer } = prepareMultiplexing(misbehaviour.multiplexing, tls);
  const endStreams = addServices(server, misbehaviour, tls, multiplexer, stop, () => {
    isHeld = misbehaviour.watchPreventsExit === true;
  });
  const address = await (multiplexer === null
    ? listen(server, network, tls.credentials)
    : multiplexer.listen(server, network));
  if (misbehaviour.exitsWithHost !== false) onParentExit(stop);
  process.on('SIGTERM', ignoreSigterm ? () => undefined : stop);
  printOut(`${handshakeLine({ network, address, certificate: tls.announced, multiplexing })}\n`);
  onHandshakePrinted?.();
}
