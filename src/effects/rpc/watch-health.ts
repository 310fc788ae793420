import { status as code } from '@grpc/grpc-js';
import { catchError, endWith, map, of, type Observable } from 'rxjs';
import type { WatchEvent } from '../../machines/effects.js';
import type { GenerationChannel } from '../connection/dial.js';
import { callStream, statusOf } from '../grpc/client-call.js';
import { services } from './contract.js';
import { healthServiceName, notServing } from './health.js';

/** Has the health service tell each change. It says the first one at once; a frozen plugin says none. */
export function watchHealth({ channel }: { readonly channel: GenerationChannel }): Observable<WatchEvent> {
  return callStream<{ status: string }>(channel.grpc, services.grpc.health.v1.Health, 'Watch', {
    service: healthServiceName,
  }).pipe(
    map(({ status }): WatchEvent =>
      status === 'SERVING'
        ? { type: 'watch.serving' }
        : { type: 'watch.notServing', error: notServing(status) },
    ),
    endWith<WatchEvent>({ type: 'watch.ended' }),
    catchError((error: unknown) =>
      of<WatchEvent>({
        type: statusOf(error).code === code.UNIMPLEMENTED ? 'watch.unavailable' : 'watch.ended',
      }),
    ),
  );
}
