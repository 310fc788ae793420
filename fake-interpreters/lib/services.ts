import type { Server } from '@grpc/grpc-js';
import { brokerTestService, brokerService, createBroker } from './broker.js';
import { controllerService, createController } from './controller.js';
import { createFakeHandlers } from './fake-handlers.js';
import type { Print } from './fake-service.js';
import { fakeService } from './fake-service.js';
import { createHealth, healthService } from './health.js';
import { createHooks, hooksService } from './hooks.js';
import type { Multiplexer } from './multiplexing.js';
import type { Misbehaviour } from './misbehaviour.js';
import { createStdio, stdioService } from './stdio.js';
import type { ServerTls } from './tls.js';

const ignore = () => undefined;

/** Adds the services to the server, except those that the misbehaviour omits. */
export function addServices(
  server: Server,
  misbehaviour: Misbehaviour,
  tls: ServerTls,
  multiplexer: Multiplexer | null,
  stop: () => void,
  onWatch: () => void,
) {
  const { controller = true, stdio: hasStdio = true, health: wanted = 'SERVING' } = misbehaviour;
  const health = createHealth(
    wanted === 'absent' ? 'silent' : wanted,
    misbehaviour.onHealthAnswer ?? ignore,
    misbehaviour.healthDelayMs,
    misbehaviour.healthNames,
    onWatch,
  );
  const stdio = createStdio();
  const hooks = createHooks(misbehaviour.hooks ?? {});
  const broker =
    multiplexer?.broker ?? createBroker(tls, misbehaviour.network ?? 'unix', misbehaviour.brokeredName);

  if (wanted !== 'absent') server.addService(healthService, health.handlers);
  if (hasStdio) server.addService(stdioService, stdio.handlers);
  if (controller !== false) {
    server.addService(controllerService, createController(controller === 'ignored' ? ignore : stop));
  }
  if (misbehaviour.broker === true)
    server.addService({ ...brokerService, ...brokerTestService }, broker.handlers);
  if (misbehaviour.hooks !== undefined) server.addService(hooksService, hooks.handlers);
  server.addService(
    fakeService,
    createFakeHandlers({
      crash: misbehaviour.crash ?? { code: 1 },
      closeConnection: multiplexer?.closeConnection,
      grandchild: misbehaviour.grandchild ?? null,
      hookCalls: hooks.calls,
      print: hasStdio ? printTo(stdio.print) : printOnPipe,
      setHealth: health.set,
    }),
  );

  /** Ends the long-running streams, for which a stopping server waits. */
  return function endStreams() {
    broker.end();
    stdio.end();
    health.end();
  };
}

function printTo(stdio: (channel: Print['channel'], bytes: Buffer) => void) {
  return (what: Print) => {
    if (what.to === 'pipe') printOnPipe(what);
    else stdio(what.channel, bytesOf(what));
  };
}

function printOnPipe(what: Print): void {
  process[what.channel].write(bytesOf(what));
}

function bytesOf({ text, encoding = 'utf8' }: Print): Buffer {
  return Buffer.from(text, encoding);
}
