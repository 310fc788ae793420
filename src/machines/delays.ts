import type { AnyActor, AnyActorRef } from 'xstate';

/**
 * Finds the delays of an actor that ends by the actor. XState looks through those of its whole system, for each actor:
 * every healthy plugin has one, and so what one start costs would grow with their number.
 */
export function indexDelays(root: AnyActor): void {
  const { scheduler } = root.system;
  const known = new WeakMap<AnyActorRef, Set<string>>();
  let count = 0;
  const schedule = scheduler.schedule.bind(scheduler);
  scheduler.schedule = (source, target, event, delay, given) => {
    const id = given ?? `delay.${(count += 1)}`;
    const ids = known.get(source) ?? new Set();
    known.set(source, ids.add(id));
    schedule(source, target, event, delay, id);
  };
  scheduler.cancelAll = (source) => {
    for (const id of known.get(source) ?? []) scheduler.cancel(source, id);
  };
}

/** Stands for "never": the longest delay that a timer can hold, in milliseconds. */
export const maxTimerMs = 2 ** 31 - 1;

/**
 * The delay by which whoever decides about several actors waits until all has been heard that is being told. Less than
 * no time: it comes ahead of every pause, also of one of 0 ms.
 */
export const mailboxDrainedMs = -1;

/** Describes the states that wait for it. */
export const untilMailboxDrained = 'Something has moved: what follows is decided once all have heard of it.';
