import { status as code } from '@grpc/grpc-js';
import { catchError, map, of, type Observable } from 'rxjs';
import type { ShutdownEvent } from '../../machines/effects.js';
import type { GenerationChannel } from '../connection/dial.js';
import { callUnary, statusOf } from '../grpc/client-call.js';
import { services } from '../rpc/contract.js';

/**
 * Asks the plugin to end itself. Most plugins tear the connection down inside the handler, so every failure but
 * UNIMPLEMENTED means that it was asked.
 */
export function shutdown({ channel }: { readonly channel: GenerationChannel }): Observable<ShutdownEvent> {
  return callUnary(channel.grpc, services.plugin.GRPCController, 'Shutdown', {}).pipe(
    map((): ShutdownEvent => ({ type: 'shutdown.requested' })),
    catchError((error: unknown) =>
      of<ShutdownEvent>({
        type: statusOf(error).code === code.UNIMPLEMENTED ? 'shutdown.unsupported' : 'shutdown.requested',
      }),
    ),
  );
}
