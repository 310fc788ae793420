import type { sendUnaryData, Server } from '@grpc/grpc-js';
import { unary } from './method.js';
import { empty } from './wire.js';

const definition = { Shutdown: unary('/plugin.GRPCController/Shutdown', empty, empty) };

/** `plugin.GRPCController`: the host asks the plugin to end. It is answered first, so that the host knows. */
export function addController(server: Server, stop: () => void): void {
  server.addService(definition, {
    Shutdown(_call: unknown, answer: sendUnaryData<object>) {
      answer(null, {});
      stop();
    },
  });
}
