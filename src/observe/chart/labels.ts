/** The label of an event type; XState's own types are shortened, for example `process done`. */
export function eventLabel(type: string): string {
  if (type === '*') return 'any event';
  const ofActor =
    /^xstate\.(done|error|snapshot)\.actor\.(.+)$/.exec(type) ?? /^xstate\.(snapshot)\.(.+)$/.exec(type);
  if (ofActor !== null) return actorEventLabel(ofActor[1] as ActorEventKind, ofActor[2] as string);
  const delay = /^xstate\.after\.([^.]+)\./.exec(type)?.[1];
  if (delay !== undefined) return delayLabel(delay);
  return type.startsWith('xstate.done.state.') ? 'done' : type;
}

/** The kinds of XState's own events from an invoked actor. */
export type ActorEventKind = 'done' | 'error' | 'snapshot';

/** The label of an event from an invoked actor, for example `process failed`. */
export function actorEventLabel(event: ActorEventKind, actor: string): string {
  // The generated id of an actor names the state that invokes it: `0.plugin.live.stopping.requestingShutdown`.
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

/** The label of a delayed transition; the delay is a name or milliseconds. */
export function delayLabel(delay: string): string {
  return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
}

/** The name of an action, an actor or a guard; `inline` for a function without a name. */
export function nameOf(reference: unknown): string {
  if (typeof reference === 'string') return reference;
  const type = (reference as { readonly type?: unknown } | null)?.type;
  if (typeof type === 'string' && type !== '') return type.replace(/^xstate\./, '');
  return typeof reference === 'function' && !isInferredName(reference.name) ? reference.name : 'inline';
}

/** JavaScript names an anonymous function after its property key. */
function isInferredName(name: string): boolean {
  return ['', 'guard', 'actions', 'src'].includes(name);
}

/** The label of a guard: `and(['isCurrent', not('isWanted')])` gives `isCurrent and not isWanted`. */
export function guardLabel(guard: unknown): string {
  const combined = combinedGuard(guard);
  if (combined === null) return stateInGuardLabel(guard) ?? `${nameOf(guard)}${guardParamsLabel(guard)}`;
  const parts = combined.guards.map((part) =>
    isCombined(part) ? `(${guardLabel(part)})` : guardLabel(part),
  );
  return combined.operator === 'not' ? `not ${parts.join('')}` : parts.join(` ${combined.operator} `);
}

/** The static params of a guard, which distinguish guards of the same name. */
function guardParamsLabel(guard: unknown): string {
  const params = (guard as { readonly params?: unknown } | null)?.params;
  // Serialized params that were a function are an object with its name as `type`.
  if (typeof params !== 'object' || params === null || 'type' in params) return '';
  return ` ${Object.values(params).join(' ')}`;
}

/** XState's `stateIn` is a function with the state as a property. */
function stateInGuardLabel(guard: unknown): string | null {
  if (typeof guard !== 'function' || !('stateValue' in guard)) return null;
  const { stateValue } = guard;
  return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`;
}

/** XState's `and`, `or` and `not`: functions with their guards and a `check` as properties. */
interface CombinedGuard {
  readonly guards: readonly unknown[];
  check(snapshot: object, args: object, guard: { readonly guards: readonly (() => boolean)[] }): boolean;
}

function combinedGuard(
  guard: unknown,
): { readonly operator: 'and' | 'or' | 'not'; readonly guards: readonly unknown[] } | null {
  if (typeof guard !== 'function' || !('guards' in guard) || !('check' in guard)) return null;
  const combined = guard as unknown as CombinedGuard;
  // A bundler may change function names, so the operator is found by evaluating it.
  const evaluate = (...results: boolean[]): boolean =>
    combined.check({}, {}, { guards: results.map((truth) => () => truth) });
  if (!evaluate(true)) return { operator: 'not', guards: combined.guards };
  return { operator: evaluate(true, false) ? 'or' : 'and', guards: combined.guards };
}

function isCombined(guard: unknown): boolean {
  const combined = combinedGuard(guard);
  return combined !== null && combined.operator !== 'not' && combined.guards.length > 1;
}
