import type { AnyActorRef, InspectionEvent, Observer, Subscription } from 'xstate';
import type { CreateErrorBoundary } from './error-boundary.js';
import { guardedInspector, guardedObserver, type EmbeddersObserver } from './guarded-observers.js';

type Listener = (value: unknown) => unknown;

/**
 * Guards what subscribes to an actor that the embedder can reach: XState would throw its errors as uncaught exceptions.
 */
export function guardActor(actor: AnyActorRef, boundaryOf: CreateErrorBoundary): void {
  const subscribe = actor.subscribe.bind(actor) as (observer: object) => Subscription;
  const on = actor.on.bind(actor) as (type: string, listener: Listener) => Subscription;
  Object.assign(actor, {
    subscribe: (observer: EmbeddersObserver<unknown>, error?: Listener, complete?: () => unknown) =>
      subscribe(guardedObserver(observer, error, complete, boundaryOf('actor'))),
    on: (type: string, listener: Listener) => {
      const boundary = boundaryOf('actor');
      return on(type, (event) => {
        boundary.call(() => listener(event));
      });
    },
  });
}

/** Guards the inspectors that are added to a system of actors later. */
export function guardInspectors(system: AnyActorRef['system'], boundaryOf: CreateErrorBoundary): void {
  const inspect = system.inspect.bind(system);
  system.inspect = (inspector: Observer<InspectionEvent> | ((event: InspectionEvent) => void)) =>
    inspect(guardedInspector(inspector, boundaryOf('inspect')));
}
