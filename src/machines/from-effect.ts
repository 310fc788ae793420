import { catchError, map, of, type Observable } from 'rxjs';
import { fromEventObservable, type EventObject } from 'xstate';
import { PluginError, messageOf } from '../model/index.js';

/** What becomes of an effect that broke its promise never to error: a defect of Espalier, told as one. */
export interface EffectErroredEvent {
  readonly type: 'effect.errored';
  readonly error: PluginError;
  readonly generation: number;
}

/** A fact, stamped with the generation it is about. */
export type OfGeneration<Fact> = Fact & { readonly generation: number };

/** The one place where an effect becomes an XState actor: each fact is sent to the machine that invoked it. */
export function fromEffect<Input extends { readonly generation: number }, Fact extends EventObject>(
  effect: (input: Input) => Observable<Fact>,
) {
  return fromEventObservable<OfGeneration<Fact> | EffectErroredEvent, Input>(({ input }) => {
    const { generation } = input;
    return effect(input).pipe(
      map((fact) => ({ ...fact, generation })),
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
