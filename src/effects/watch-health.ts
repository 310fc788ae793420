import { status as code } from '@grpc/grpc-js';
import { catchError, endWith, map, of, type Observable } from 'rxjs';
import type { WatchFact } from '../machines/plugin.effects.js';
import type { GenerationChannel } from './dial.js';
import { callStream, statusOf } from './grpc/call.js';
import { services } from './grpc/contract.js';
import { healthServiceName, notServing } from './health-check.js';

/** Has the health service tell each change. It says the first one at once; a frozen plugin says none. */
export function watchHealth({ channel }: { readonly channel: GenerationChannel }): Observable<WatchFact> {
  return callStream<{ status: string }>(channel.grpc, services.grpc.health.v1.Health, 'Watch', {
    service: healthServiceName,
  }).pipe(
    map(({ status }): WatchFact =>
      status === 'SERVING' ? { type: 'watch.affirmed' } : { type: 'watch.denied', error: notServing(status) },
    ),
    endWith<WatchFact>({ type: 'watch.broke' }),
    catchError((error: unknown) =>
      of<WatchFact>({
        type: statusOf(error).code === code.UNIMPLEMENTED ? 'watch.unavailable' : 'watch.broke',
      }),
    ),
  );
}
