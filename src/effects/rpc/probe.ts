import { status as code } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';
import type { ProbeEvent } from '../../machines/effects.js';
import { PluginError } from '../../model/index.js';
import type { GenerationChannel } from '../connection/dial.js';
import type { CallStatus } from '../grpc/client-call.js';
import { checkHealth } from './health.js';

/** Asks the health service once, over the connection that calls take, too. */
export function probe({ channel }: { readonly channel: GenerationChannel }): Observable<ProbeEvent> {
  return checkHealth(channel.grpc, unanswered);
}

function unanswered(answer: CallStatus): PluginError {
  return new PluginError({
    code: 'CALL_UNAVAILABLE',
    phase: 'health',
    message: `The health check failed: ${code[answer.code]} ${answer.details}.`,
    hint: 'The connection to the plugin is broken; its exit, if it ended, follows.',
    facts: { grpcCode: answer.code, details: answer.details },
  });
}
