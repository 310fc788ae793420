import { catchError, map, of, type Observable } from 'rxjs';
import { fromEventObservable, type EventObject } from 'xstate';
import { PluginError, messageOf } from '../model/index.js';

/** What becomes of an effect that broke its promise never to error: a defect of Espalier, told as one. */
export interface EffectBroke {
  readonly type: 'effect.broke';
  readonly error: PluginError;
  readonly generation: number;
}

/** A fact, stamped with the generation it is about. */
export type Stamped<Fact> = Fact & { readonly generation: number };

/** The one place where an effect becomes an XState actor: each fact is sent to the machine that invoked it. */
export function lift<Input extends { readonly generation: number }, Fact extends EventObject>(
  effect: (input: Input) => Observable<Fact>,
) {
  return fromEventObservable<Stamped<Fact> | EffectBroke, Input>(({ input }) => {
    const { generation } = input;
    return effect(input).pipe(
      map((fact) => ({ ...fact, generation })),
      catchError((thrown: unknown) =>
        of({ type: 'effect.broke' as const, error: defect(thrown), generation }),
      ),
    );
  });
}

function defect(thrown: unknown): PluginError {
  return new PluginError({
    code: 'INTERNAL',
    message: `An effect failed: ${messageOf(thrown)}`,
    hint: 'This is a defect of Espalier; please report it with the stack of the cause.',
    cause: thrown,
  });
}
