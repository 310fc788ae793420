import { status as code } from '@grpc/grpc-js';
import { catchError, map, of, type Observable } from 'rxjs';
import type { ShutdownFact } from '../machines/plugin.effects.js';
import type { GenerationChannel } from './dial.js';
import { callUnary, statusOf } from './grpc/call.js';
import { services } from './grpc/contract.js';

/**
 * Asks the plugin to end itself. Most plugins tear the connection down inside the handler, so every failure but
 * UNIMPLEMENTED means that it was asked.
 */
export function shutdown({ channel }: { readonly channel: GenerationChannel }): Observable<ShutdownFact> {
  return callUnary(channel.grpc, services.plugin.GRPCController, 'Shutdown', {}).pipe(
    map((): ShutdownFact => ({ type: 'shutdown.requested' })),
    catchError((error: unknown) =>
      of<ShutdownFact>({
        type: statusOf(error).code === code.UNIMPLEMENTED ? 'shutdown.unsupported' : 'shutdown.requested',
      }),
    ),
  );
}
