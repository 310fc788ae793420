import { status as code, type ChannelInterface } from '@grpc/grpc-js';
import { catchError, map, of, type Observable } from 'rxjs';
import type { ShutdownEvent } from '../../machines/effects.js';
import { callUnary, statusOf } from '../grpc/client-call.js';
import { services } from '../rpc/contract.js';

/**
 * Calls `GRPCController.Shutdown`. Most plugins close the connection inside the handler, so every error but
 * UNIMPLEMENTED means that the plugin got the request.
 */
export function shutdown({
  channel,
}: {
  readonly channel: { readonly grpc: ChannelInterface };
}): Observable<ShutdownEvent> {
  return callUnary(channel.grpc, services.plugin.GRPCController, 'Shutdown', {}).pipe(
    map((): ShutdownEvent => ({ type: 'shutdown.requested' })),
    catchError((error: unknown) =>
      of<ShutdownEvent>({
        type: statusOf(error).code === code.UNIMPLEMENTED ? 'shutdown.unsupported' : 'shutdown.requested',
      }),
    ),
  );
}
