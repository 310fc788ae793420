import { status as code, type ChannelInterface } from '@grpc/grpc-js';
import { catchError, map, of, type Observable } from 'rxjs';
import type { ProbeEvent } from '../../machines/effects.js';
import { PluginError } from '../../model/index.js';
import { callUnary, statusOf, type CallStatus } from '../grpc/client-call.js';
import { services } from './contract.js';

/** The name that go-plugin gives to the whole plugin in the health service. */
export const healthServiceName = 'plugin';

/**
 * Asks the health service once. Unlike go-plugin's own ping it looks at the answer: only SERVING is healthy. A
 * plugin without the service counts as alive, as it has answered.
 */
export function checkHealth(
  channel: ChannelInterface,
  unanswered: (answer: CallStatus) => PluginError,
): Observable<ProbeEvent> {
  const begun = performance.now();
  const passed = (): ProbeEvent => ({
    type: 'probe.passed',
    ms: Math.round((performance.now() - begun) * 10) / 10,
  });
  return callUnary<{ status: string }>(channel, services.grpc.health.v1.Health, 'Check', {
    service: healthServiceName,
  }).pipe(
    map(({ status }) => (status === 'SERVING' ? passed() : failed(notServing(status)))),
    catchError((error: unknown) => {
      const answer = statusOf(error);
      if (answer.code === code.UNIMPLEMENTED) return of(passed());
      if (answer.code === code.NOT_FOUND) return of(failed(notServing('unknown to its health service')));
      return of(failed(unanswered(answer)));
    }),
  );
}

/** What a plugin says that does not say SERVING. */
export function notServing(said: string): PluginError {
  return new PluginError({
    code: 'NOT_SERVING',
    phase: 'health',
    message: `The plugin's health service says that "${healthServiceName}" is ${said}.`,
    hint: 'See the log for what the plugin waits for, or set its health status to SERVING when it is ready.',
    facts: { status: said },
  });
}

function failed(error: PluginError): ProbeEvent {
  return { type: 'probe.failed', error };
}
