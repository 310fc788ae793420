/** The type of an event as a reader says it. */
export function eventLabel(type: string): string {
  if (type === '*') return 'any event';
  const ofActor =
    /^xstate\.(done|error|snapshot)\.actor\.(.+)$/.exec(type) ?? /^xstate\.(snapshot)\.(.+)$/.exec(type);
  if (ofActor !== null) return actorEventLabel(ofActor[1] as ActorEventKind, ofActor[2] as string);
  const delay = /^xstate\.after\.([^.]+)\./.exec(type)?.[1];
  if (delay !== undefined) return delayLabel(delay);
  return type.startsWith('xstate.done.state.') ? 'done' : type;
}

/** What an actor can tell the machine that invoked it, beside its own events. */
export type ActorEventKind = 'done' | 'error' | 'snapshot';

export function actorEventLabel(event: ActorEventKind, actor: string): string {
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
export function delayLabel(delay: string): string {
  return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
}

/** The name of an action, an actor or a guard, however it was written. */
export function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const type = (reference as { readonly type?: unknown } | null)?.type;
  if (typeof type === 'string' && type !== '') return type.replace(/^xstate\./, '');
  return typeof reference === 'function' && !isInferredName(reference.name) ? reference.name : 'inline';
}

/** A function without a name of its own is called after the key that it stands under. */
function isInferredName(name: string): boolean {
  return ['', 'guard', 'actions', 'src'].includes(name);
}

/** A guard as a sentence: `and(['isCurrent', not('isWanted')])` reads `isCurrent and not isWanted`. */
export function guardLabel(guard: unknown): string {
  const combined = combinedGuard(guard);
  if (combined === null) return stateInGuardLabel(guard) ?? `${nameOf(guard)}${guardParamsLabel(guard)}`;
  const parts = combined.guards.map((part) =>
    isCombined(part) ? `(${guardLabel(part)})` : guardLabel(part),
  );
  return combined.operator === 'not' ? `not ${parts.join('')}` : parts.join(` ${combined.operator} `);
}

/** Guards of one name are told apart by what they are asked with, where that is written in the chart. */
function guardParamsLabel(guard: unknown): string {
  const params = (guard as { readonly params?: unknown } | null)?.params;
  // Params that are a function arrive over the wire as its name.
  if (typeof params !== 'object' || params === null || 'type' in params) return '';
  return ` ${Object.values(params).join(' ')}`;
}

/** XState's `stateIn` is a function that carries the state it asks for. */
function stateInGuardLabel(guard: unknown): string | null {
  if (typeof guard !== 'function' || !('stateValue' in guard)) return null;
  const { stateValue } = guard;
  return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`;
}

/** What XState's `and`, `or` and `not` make: functions that carry the guards they join, and a way to check them. */
interface CombinedGuard {
  readonly guards: readonly unknown[];
  check(snapshot: object, args: object, guard: { readonly guards: readonly (() => boolean)[] }): boolean;
}

function combinedGuard(
  guard: unknown,
): { readonly operator: 'and' | 'or' | 'not'; readonly guards: readonly unknown[] } | null {
  if (typeof guard !== 'function' || !('guards' in guard) || !('check' in guard)) return null;
  const combined = guard as unknown as CombinedGuard;
  // Their names do not survive a bundler, so they are told apart by what they answer.
  const evaluate = (...results: boolean[]): boolean =>
    combined.check({}, {}, { guards: results.map((truth) => () => truth) });
  if (!evaluate(true)) return { operator: 'not', guards: combined.guards };
  return { operator: evaluate(true, false) ? 'or' : 'and', guards: combined.guards };
}

function isCombined(guard: unknown): boolean {
  const combined = combinedGuard(guard);
  return combined !== null && combined.operator !== 'not' && combined.guards.length > 1;
}
