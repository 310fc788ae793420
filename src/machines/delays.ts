import type { AnyActor, AnyActorRef } from 'xstate';

/**
 * Indexes the delays of an actor system by actor, so that an actor that ends cancels only its own. XState 5 searches all
 * delays of the system instead, and the cost of one start would grow with the number of plugins.
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

/**
 * The delay after which a decision about several actors is made: all their mailboxes are empty then. It is negative so
 * that it comes before every other delay, also one of 0 ms.
 */
export const mailboxDrainedMs = -1;

/** The description of the states that wait for it. */
export const untilMailboxDrained =
  'A state has changed: the next step is decided when all mailboxes are empty.';
