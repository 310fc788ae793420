import { status as code, type ChannelInterface } from '@grpc/grpc-js';
import { catchError, map, of, throwError, type Observable } from 'rxjs';
import { callUnary, statusOf } from '../grpc/client-call.js';
import { services } from './contract.js';

/** Which hooks a plugin implements; `null`: it has none at all. */
export type HookNames = readonly string[] | null;

/** Asks which hooks the plugin implements. Errors where that cannot be said, now. */
export function fetchHookNames(channel: ChannelInterface): Observable<HookNames> {
  return callUnary<{ hooks: string[] }>(channel, services.espalier.v1.PluginHooks, 'Implemented', {}).pipe(
    map(({ hooks }): HookNames => hooks),
    catchError((error: unknown) =>
      statusOf(error).code === code.UNIMPLEMENTED ? of(null) : throwError(() => error),
    ),
  );
}
