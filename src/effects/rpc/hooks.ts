import { status as code } from '@grpc/grpc-js';
import { catchError, map, of, switchMap, type Observable } from 'rxjs';
import type { HookEvent } from '../../machines/effects.js';
import { PluginError } from '../../model/index.js';
import type { GenerationChannel } from '../connection/dial.js';
import { callUnary, statusOf, type CallStatus } from '../grpc/client-call.js';
import { services } from './contract.js';
import { fetchHookNames, type HookNames } from './hook-names.js';

interface Input {
  readonly channel: GenerationChannel;
}

/** Calls `OnActivate` if the plugin implements it. */
export function onActivate({ channel }: Input): Observable<HookEvent> {
  return channel.hooks.pipe(
    // Asked before the plugin was ready, the question may have found nobody; asked now, no answer means no hooks.
    catchError(() => fetchHookNames(channel.grpc).pipe(catchError(() => of(null)))),
    switchMap((hooks) =>
      hooks?.includes('OnActivate') === true ? call(channel, 'OnActivate', hooks) : returned(hooks),
    ),
  );
}

/** Calls `OnDeactivate`. */
export function onDeactivate({ channel }: Input): Observable<HookEvent> {
  return call(channel, 'OnDeactivate', ['OnDeactivate']);
}

function call(channel: GenerationChannel, hook: string, hooks: readonly string[]): Observable<HookEvent> {
  return callUnary(channel.grpc, services.espalier.v1.PluginHooks, hook, {}).pipe(
    map((): HookEvent => ({ type: 'hook.returned', hooks })),
    catchError((error: unknown) =>
      of<HookEvent>({ type: 'hook.failed', error: hookError(hook, statusOf(error)) }),
    ),
  );
}

function returned(hooks: HookNames): Observable<HookEvent> {
  return of({ type: 'hook.returned', hooks });
}

function hookError(hook: string, answer: CallStatus): PluginError {
  return new PluginError({
    code: 'HOOK_FAILED',
    phase: 'hooks',
    message: `${hook} failed: ${code[answer.code]} ${answer.details}`,
    hint: 'The hook is code of the plugin: see its log, mend it, and activate the plugin again.',
    facts: { hook, grpcCode: answer.code, details: answer.details },
  });
}
