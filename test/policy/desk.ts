import fc from 'fast-check';
import {
  planStarts,
  type Desk,
  type Leaving,
  type PluginStanding,
  type PluginStandingOf,
} from '../../src/policy/index.js';

const idle: PluginStanding = { state: 'idle', wanted: false, turn: null, isHeld: false };
const waiting: PluginStanding = { ...idle, state: 'waiting', wanted: true };
const healthy: PluginStanding = { ...idle, state: 'healthy', wanted: true };

/** Where plugins may be, in the words of the tables. */
export const places = {
  idle,
  invalid: { ...idle, state: 'invalid' },
  queued: { ...waiting, turn: 'turn.awaited' },
  awaitsA: { ...waiting, turn: 'requirement.awaited a' },
  held: { ...waiting, isHeld: true },
  queuedAndHeld: { ...waiting, turn: 'turn.awaited', isHeld: true },
  spawning: { ...healthy, state: 'spawning' },
  /** Its process is being made for nobody: it may still go on. */
  forNobody: { ...idle, state: 'spawning', turn: 'turn.awaited' },
  handshaking: { ...healthy, state: 'handshaking' },
  healthy,
  /** Nobody wants it any more, and its process has not heard of it. */
  unwanted: { ...healthy, wanted: false },
  stopping: { ...idle, state: 'stopping' },
  /** It comes down, and starts again in its turn. */
  turning: { ...healthy, state: 'stopping', turn: 'turn.awaited' },
  crashed: { ...healthy, state: 'crashed' },
  restarting: { ...healthy, state: 'restarting' },
  failed: { ...healthy, state: 'failed' },
  queuedAndFailed: { ...healthy, state: 'failed', turn: 'turn.awaited' },
} satisfies Record<string, PluginStanding>;
export type Place = keyof typeof places;

/** What each plugin requires, and where it is: `{ b: 'a' }`, `{ a: 'healthy' }`. */
export type Graph = Readonly<Record<string, string>>;
export type Whereabouts = Readonly<Record<string, Place>>;

/** Whoever is not named rests. */
export function standingsOf(whereabouts: Whereabouts): PluginStandingOf {
  return (id) => places[whereabouts[id] ?? 'idle'];
}

/** A desk before these plugins; each one comes after what it requires, unless it is said otherwise. */
export function deskOf(
  graph: Graph,
  {
    waiting: waits = '',
    starting = '',
    leaving = [],
    limit = Infinity,
    after,
  }: {
    readonly waiting?: string;
    readonly starting?: string;
    readonly leaving?: readonly Leaving[];
    readonly limit?: number;
    readonly after?: Graph;
  } = {},
): Desk {
  const plan = planStarts(
    Object.entries(graph).map(([id, requires]) => ({ id, requires: requires.split('') })),
  );
  return {
    layout: {
      plan,
      after:
        after === undefined
          ? plan.needs
          : new Map(Object.entries(after).map(([id, before]) => [id, before.split('')])),
    },
    startConcurrency: limit,
    waiting: waits.split(''),
    starting: starting.split(''),
    leaving,
  };
}

/** The plugins of such a situation. */
export const names: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f'];

const anyone = fc.constantFrom(...names);
const anywhere = fc.constantFrom(...(Object.keys(places) as Place[]));

/** Any plugins that require any others, also in circles and in vain, and are anywhere. */
export const situations = fc
  .tuple(
    fc.dictionary(anyone, fc.array(fc.oneof(anyone, fc.constant('x')), { maxLength: 2 }), { maxKeys: 6 }),
    fc.array(anywhere, { minLength: names.length, maxLength: names.length }),
  )
  .map(([requires, drawn]) => ({
    graph: Object.fromEntries(Object.entries(requires).map(([id, others]) => [id, others.join('')])),
    whereabouts: Object.fromEntries(names.map((id, at) => [id, drawn[at]])) as Whereabouts,
  }));
