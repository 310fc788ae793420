/** The type of an event as a reader says it. */
export function eventInWords(type: string): string {
  if (type === '*') return 'any event';
  const ofActor =
    /^xstate\.(done|error|snapshot)\.actor\.(.+)$/.exec(type) ?? /^xstate\.(snapshot)\.(.+)$/.exec(type);
  if (ofActor !== null) return actorEventInWords(ofActor[1] as ActorEvent, ofActor[2] as string);
  const delay = /^xstate\.after\.([^.]+)\./.exec(type)?.[1];
  if (delay !== undefined) return delayInWords(delay);
  return type.startsWith('xstate.done.state.') ? 'done' : type;
}

/** What an actor can tell the machine that invoked it, beside its own events. */
export type ActorEvent = 'done' | 'error' | 'snapshot';

export function actorEventInWords(event: ActorEvent, actor: string): string {
  // One without a name is known by the state that invoked it: `0.plugin.live.stopping.asking`.
  const subject = actor === '*' ? 'any actor' : actor.replace(/^\d+\.(.+\.)?/, '');
  switch (event) {
    case 'done':
      return `${subject} done`;
    case 'error':
      return `${subject} failed`;
    case 'snapshot':
      return `${subject} changed`;
  }
}

/** A named delay, or one in milliseconds. */
export function delayInWords(delay: string): string {
  return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
}

/** The name of an action, an actor or a guard, however it was written. */
export function nameOf(written: unknown): string {
  if (typeof written === 'string') return written;
  const type = (written as { readonly type?: unknown } | null)?.type;
  if (typeof type === 'string' && type !== '') return type.replace(/^xstate\./, '');
  return typeof written === 'function' && !isUnnamed(written.name) ? written.name : 'inline';
}

/** A function without a name of its own is called after the key that it stands under. */
function isUnnamed(name: string): boolean {
  return ['', 'guard', 'actions', 'src'].includes(name);
}

/** A guard as a sentence: `and(['isCurrent', not('isWanted')])` reads `isCurrent and not isWanted`. */
export function guardInWords(guard: unknown): string {
  const joined = joinedGuard(guard);
  if (joined === null) return placeInWords(guard) ?? `${nameOf(guard)}${paramsInWords(guard)}`;
  const words = joined.guards.map((part) =>
    isJoined(part) ? `(${guardInWords(part)})` : guardInWords(part),
  );
  return joined.operator === 'not' ? `not ${words.join('')}` : words.join(` ${joined.operator} `);
}

/** Guards of one name are told apart by what they are asked with, where that is written in the chart. */
function paramsInWords(guard: unknown): string {
  const params = (guard as { readonly params?: unknown } | null)?.params;
  // Params that are a function arrive over the wire as its name.
  if (typeof params !== 'object' || params === null || 'type' in params) return '';
  return ` ${Object.values(params).join(' ')}`;
}

/** XState's `stateIn` is a function that carries the state it asks for. */
function placeInWords(guard: unknown): string | null {
  if (typeof guard !== 'function' || !('stateValue' in guard)) return null;
  const { stateValue } = guard;
  return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`;
}

/** What XState's `and`, `or` and `not` make: functions that carry the guards they join, and a way to check them. */
interface JoinedGuard {
  readonly guards: readonly unknown[];
  check(snapshot: object, args: object, guard: { readonly guards: readonly (() => boolean)[] }): boolean;
}

function joinedGuard(
  guard: unknown,
): { readonly operator: 'and' | 'or' | 'not'; readonly guards: readonly unknown[] } | null {
  if (typeof guard !== 'function' || !('guards' in guard) || !('check' in guard)) return null;
  const joined = guard as unknown as JoinedGuard;
  // Their names do not survive a bundler, so they are told apart by what they answer.
  const answer = (...truths: boolean[]): boolean =>
    joined.check({}, {}, { guards: truths.map((truth) => () => truth) });
  if (!answer(true)) return { operator: 'not', guards: joined.guards };
  return { operator: answer(true, false) ? 'or' : 'and', guards: joined.guards };
}

function isJoined(guard: unknown): boolean {
  const joined = joinedGuard(guard);
  return joined !== null && joined.operator !== 'not' && joined.guards.length > 1;
}
