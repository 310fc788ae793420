import { catchError, map, of, type Observable } from 'rxjs';
import { fromEventObservable, type EventObject } from 'xstate';
import { PluginError, messageOf } from '../model/index.js';

/** An effect has thrown, which is an internal error of Espalier. */
export interface EffectErroredEvent {
  readonly type: 'effect.errored';
  readonly error: PluginError;
  readonly generation: number;
}

/** An event of an effect, with the generation that it belongs to. */
export type OfGeneration<Event> = Event & { readonly generation: number };

/** The one place where an effect becomes an XState actor: each of its events is sent to the machine that invoked it. */
export function fromEffect<Input extends { readonly generation: number }, Event extends EventObject>(
  effect: (input: Input) => Observable<Event>,
) {
  return fromEventObservable<OfGeneration<Event> | EffectErroredEvent, Input>(({ input }) => {
    const { generation } = input;
    return effect(input).pipe(
      map((event) => ({ ...event, generation })),
      catchError((thrown: unknown) =>
        of({ type: 'effect.errored' as const, error: effectError(thrown), generation }),
      ),
    );
  });
}

function effectError(thrown: unknown): PluginError {
  return new PluginError({
    code: 'INTERNAL',
    message: `An effect failed: ${messageOf(thrown)}`,
    hint: 'This is a defect of Espalier; please report it with the stack of the cause.',
    cause: thrown,
  });
}
