import { status as code } from '@grpc/grpc-js';
import { catchError, map, of, switchMap, type Observable } from 'rxjs';
import type { HookFact } from '../machines/plugin.effects.js';
import { PluginError } from '../model/index.js';
import type { GenerationChannel } from './dial.js';
import { callUnary, statusOf, type CallStatus } from './grpc/call.js';
import { services } from './grpc/contract.js';

interface Input {
  readonly channel: GenerationChannel;
}

/** Asks which hooks the plugin implements, and calls `OnActivate` if it is among them. */
export function onActivate({ channel }: Input): Observable<HookFact> {
  return implemented(channel).pipe(
    switchMap((hooks) =>
      hooks?.includes('OnActivate') === true ? call(channel, 'OnActivate', hooks) : returned(hooks),
    ),
  );
}

/** Calls `OnDeactivate`. */
export function onDeactivate({ channel }: Input): Observable<HookFact> {
  return call(channel, 'OnDeactivate', ['OnDeactivate']);
}

function implemented(channel: GenerationChannel): Observable<readonly string[] | null> {
  return callUnary<{ hooks: string[] }>(
    channel.grpc,
    services.espalier.v1.PluginHooks,
    'Implemented',
    {},
  ).pipe(
    map(({ hooks }) => hooks),
    // Whatever keeps the question from being answered: a plugin that was built without hooks has none.
    catchError(() => of(null)),
  );
}

function call(channel: GenerationChannel, hook: string, hooks: readonly string[]): Observable<HookFact> {
  return callUnary(channel.grpc, services.espalier.v1.PluginHooks, hook, {}).pipe(
    map((): HookFact => ({ type: 'hook.returned', hooks })),
    catchError((error: unknown) =>
      of<HookFact>({ type: 'hook.failed', error: hookError(hook, statusOf(error)) }),
    ),
  );
}

function returned(hooks: readonly string[] | null): Observable<HookFact> {
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
