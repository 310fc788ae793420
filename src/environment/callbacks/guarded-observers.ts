import { Observable, Subscriber, type Observer } from 'rxjs';
import type { InspectionEvent, Observer as InspectionObserver } from 'xstate';
import type { CreateErrorBoundary, ErrorBoundary } from './error-boundary.js';

type Next<Value> = (value: Value) => unknown;

/** An observer as the embedder may write it: some of its functions, or that of the values alone. */
export type EmbeddersObserver<Value> = Partial<Observer<Value>> | Next<Value> | null | undefined;

/**
 * The same observable, whose subscribers cannot harm its source or the process: rxjs would throw their errors as
 * uncaught exceptions. What `pipe` makes of it is guarded, too.
 */
export function guardedObservable<Value>(
  source: Observable<Value>,
  boundaryOf: CreateErrorBoundary,
): Observable<Value> {
  const pipe = source.pipe.bind(source) as (...operators: readonly unknown[]) => Observable<unknown>;
  return Object.assign(new Observable<Value>((subscriber) => source.subscribe(subscriber)), {
    // As every observable of rxjs that is made of another one has it: the count of leaks reads its observers.
    source,
    subscribe: (observer: EmbeddersObserver<Value>, error?: Next<unknown>, complete?: () => unknown) =>
      // The subscriber of an operator: what is behind it was guarded when it was subscribed.
      observer instanceof Subscriber
        ? source.subscribe(observer)
        : source.subscribe(guardedObserver(observer, error, complete, boundaryOf('events'))),
    pipe: (...operators: readonly unknown[]) => guardedObservable(pipe(...operators), boundaryOf),
  });
}

/** An observer with all three functions, each of which calls that of the embedder's. */
export function guardedObserver<Value>(
  observer: EmbeddersObserver<Value>,
  error: Next<unknown> | undefined,
  complete: (() => unknown) | undefined,
  boundary: ErrorBoundary,
): Observer<Value> {
  const own =
    typeof observer === 'function' ? { next: observer, error, complete } : (observer ?? { error, complete });
  return {
    next: (value) => {
      boundary.call(() => own.next?.(value));
    },
    error: (thrown: unknown) => {
      if (!own.error) boundary.fail(thrown);
      else boundary.call(() => own.error?.(thrown));
    },
    complete: () => {
      boundary.call(() => own.complete?.());
    },
  };
}

/** An inspector that cannot harm the actors that it inspects: XState calls it amid their transitions. */
export function guardedInspector(
  inspector: InspectionObserver<InspectionEvent> | Next<InspectionEvent>,
  boundary: ErrorBoundary,
): (event: InspectionEvent) => void {
  return guardedObserver<InspectionEvent>(inspector, undefined, undefined, boundary).next;
}
