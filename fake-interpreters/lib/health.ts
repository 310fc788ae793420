import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ServingStatus } from './messages.js';
import { healthCheckResponse, text } from './messages.js';
import type { Handlers } from './method.js';
import { serverStream, unary } from './method.js';

export const healthService = {
  Check: unary('/grpc.health.v1.Health/Check', text, healthCheckResponse),
  Watch: serverStream('/grpc.health.v1.Health/Watch', text, healthCheckResponse),
};

/** The answer of the health service. `silent`: it never answers. */
export type Health = 'SERVING' | 'NOT_SERVING' | 'silent';

const knownServices = ['', 'plugin'];

/** A health service whose answer can be changed while it serves. */
export function createHealth(initial: Health, onAnswer: () => void, delayMs = 0) {
  let current = initial;
  const watchers = new Set<ServerWritableStream<string, ServingStatus>>();

  const handlers: Handlers<typeof healthService> = {
    Check(call, answer) {
      if (!knownServices.includes(call.request))
        answer({ code: status.NOT_FOUND, details: 'unknown service' });
      else if (current !== 'silent') {
        const answered = current;
        const respond = () => {
          answer(null, answered);
          onAnswer();
        };
        if (delayMs === 0) respond();
        else setTimeout(respond, delayMs);
      }
    },
    Watch(call) {
      if (!knownServices.includes(call.request)) {
        call.write('SERVICE_UNKNOWN');
        return;
      }
      watchers.add(call);
      call.on('cancelled', () => watchers.delete(call));
      if (current !== 'silent') call.write(current);
    },
  };

  function set(next: Health) {
    current = next;
    if (next !== 'silent') for (const watcher of watchers) watcher.write(next);
  }

  /** Ends the Watch streams, for which a stopping server waits. */
  function end() {
    for (const watcher of watchers) watcher.end();
  }

  return { handlers, set, end };
}
