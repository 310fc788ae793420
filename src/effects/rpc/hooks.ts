import { status as code, type ChannelInterface } from '@grpc/grpc-js';
import { catchError, map, of, switchMap, throwError, type Observable } from 'rxjs';
import type { HookEvent } from '../../machines/effects.js';
import { PluginError } from '../../model/index.js';
import { callUnary, statusOf, type CallStatus } from '../grpc/client-call.js';
import { services } from './contract.js';
import type { HookNames, RpcChannel } from './rpc-channel.js';

interface Input {
  readonly channel: Pick<RpcChannel, 'grpc' | 'hooks'>;
}

/** Asks the plugin once which hooks it implements. Errors where it does not answer. */
export function fetchHookNames(channel: ChannelInterface): Observable<HookNames> {
  return callUnary<{ hooks: string[] }>(channel, services.espalier.v1.PluginHooks, 'Implemented', {}).pipe(
    map(({ hooks }): HookNames => hooks),
    catchError((error: unknown) =>
      statusOf(error).code === code.UNIMPLEMENTED ? of(null) : throwError(() => error),
    ),
  );
}

/** Calls `OnActivate` if the plugin implements it. */
export function onActivate({ channel }: Input): Observable<HookEvent> {
  return channel.hooks.pipe(
    // The first request may have come before the plugin was ready; if the second one fails too, there are no hooks.
    catchError(() => fetchHookNames(channel.grpc).pipe(catchError(() => of(null)))),
    switchMap((hooks) =>
      hooks?.includes('OnActivate') === true
        ? callHook(channel.grpc, 'OnActivate', hooks)
        : of<HookEvent>({ type: 'hook.returned', hooks }),
    ),
  );
}

/** Calls `OnDeactivate`, which the plugin is known to implement. */
export function onDeactivate({ channel }: Input): Observable<HookEvent> {
  return callHook(channel.grpc, 'OnDeactivate', ['OnDeactivate']);
}

function callHook(channel: ChannelInterface, hook: string, hooks: readonly string[]): Observable<HookEvent> {
  return callUnary(channel, services.espalier.v1.PluginHooks, hook, {}).pipe(
    map((): HookEvent => ({ type: 'hook.returned', hooks })),
    catchError((error: unknown) =>
      of<HookEvent>({ type: 'hook.failed', error: hookError(hook, statusOf(error)) }),
    ),
  );
}

function hookError(hook: string, answer: CallStatus): PluginError {
  return new PluginError({
    code: 'HOOK_FAILED',
    phase: 'hooks',
    message: `${hook} failed: ${code[answer.code]} ${answer.details}`,
    hint: 'The hook is code of the plugin: see its log, correct it, and activate the plugin again.',
    facts: { hook, grpcCode: answer.code, details: answer.details },
  });
}
