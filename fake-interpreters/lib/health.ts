import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ServingStatus } from './messages.js';
import { healthCheckResponse, text } from './messages.js';
import type { Codec } from './method.js';
import type { Handlers } from './method.js';
import { serverStream, unary } from './method.js';

interface HealthRequest {
  readonly service: string;
}

/** An object, as grpc-js takes the empty name itself for no request. */
const healthRequest: Codec<HealthRequest> = {
  encode: ({ service }) => text.encode(service),
  decode: (bytes) => ({ service: text.decode(bytes) }),
};

export const healthService = {
  Check: unary('/grpc.health.v1.Health/Check', healthRequest, healthCheckResponse),
  Watch: serverStream('/grpc.health.v1.Health/Watch', healthRequest, healthCheckResponse),
};

/** The answer of the health service. `silent`: it never answers. `exhausted`: with RESOURCE_EXHAUSTED. */
export type Health = 'SERVING' | 'NOT_SERVING' | 'silent' | 'exhausted';

const bothNames = ['', 'plugin'];

/** A health service whose answer can be changed while it serves. */
export function createHealth(
  initial: Health,
  onAnswer: () => void,
  delayMs = 0,
  knownServices: readonly string[] = bothNames,
  onWatch: () => void = () => undefined,
) {
  let current = initial;
  const watchers = new Set<ServerWritableStream<HealthRequest, ServingStatus>>();

  const handlers: Handlers<typeof healthService> = {
    Check(call, answer) {
      if (!knownServices.includes(call.request.service))
        answer({ code: status.NOT_FOUND, details: 'unknown service' });
      else if (current === 'exhausted')
        answer({ code: status.RESOURCE_EXHAUSTED, details: 'too many calls at once' });
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
      if (!knownServices.includes(call.request.service)) {
        call.write('SERVICE_UNKNOWN');
        return;
      }
      onWatch();
      watchers.add(call);
      call.on('cancelled', () => watchers.delete(call));
      if (current !== 'silent' && current !== 'exhausted') call.write(current);
    },
  };

  function set(next: Health) {
    current = next;
    if (next !== 'silent' && next !== 'exhausted') for (const watcher of watchers) watcher.write(next);
  }

  /** Ends the Watch streams, for which a stopping server waits. */
  function end() {
    for (const watcher of watchers) watcher.end();
  }

  return { handlers, set, end };
}
