import { status, type Server } from '@grpc/grpc-js';
import type { ErrorBoundary } from './error-boundary.js';

type Handler = (call: { emit?: (event: 'error', error: unknown) => unknown }, ...rest: unknown[]) => unknown;

type Register = (name: string, handler: Handler, ...rest: never[]) => boolean;

/**
 * Guards the services that the embedder adds to a server. The call of a handler that throws or rejects ends with
 * UNKNOWN; grpc-js would leave the one that rejects open, and Node would end the process.
 */
export function guardServer(server: Server, boundary: ErrorBoundary): Server {
  const register: Register = server.register.bind(server);
  // `addService` registers each method by this.
  const registerGuarded: Register = (name, handler, ...rest) =>
    register(name, guardedHandler(handler, boundary), ...rest);
  server.register = registerGuarded;
  return server;
}

function guardedHandler(handler: Handler, boundary: ErrorBoundary): Handler {
  return function (this: unknown, call, ...rest) {
    const [respond] = rest;
    const fail = (): void => {
      const error = { code: status.UNKNOWN, details: 'The handler failed.' };
      // It may have answered before it failed.
      boundary.call(() => (isFunction(respond) ? respond(error) : call.emit?.('error', error)));
    };
    const result = boundary.callOrThrow(() => handler.call(this, call, ...rest));
    if (result instanceof Promise) result.then(undefined, fail);
    return result;
  };
}

function isFunction(value: unknown): value is (error: object) => unknown {
  return typeof value === 'function';
}
