import fc from 'fast-check';
import {
  planStarts,
  type SchedulerState,
  type StopRequest,
  type PluginSummary,
  type PluginSummaryOf,
} from '../../../src/policy/index.js';

const idle: PluginSummary = { state: 'idle', wanted: false, queued: null, isSuspended: false };
const waiting: PluginSummary = { ...idle, state: 'pending', wanted: true };
const healthy: PluginSummary = { ...idle, state: 'healthy', wanted: true };

/** Where plugins may be, in the words of the tables. */
export const places = {
  idle,
  invalid: { ...idle, state: 'invalid' },
  queued: { ...waiting, queued: 'startSlot.awaited' },
  awaitsA: { ...waiting, queued: 'requirement.awaited a' },
  suspended: { ...waiting, isSuspended: true },
  queuedAndSuspended: { ...waiting, queued: 'startSlot.awaited', isSuspended: true },
  spawning: { ...healthy, state: 'spawning' },
  /** Its process is being made for nobody: it may still go on. */
  forNobody: { ...idle, state: 'spawning', queued: 'startSlot.awaited' },
  handshaking: { ...healthy, state: 'handshaking' },
  healthy,
  /** Nobody wants it any more, and its process has not heard of it. */
  unwanted: { ...healthy, wanted: false },
  stopping: { ...idle, state: 'stopping' },
  /** It comes down, and starts again in its turn. */
  turning: { ...healthy, state: 'stopping', queued: 'startSlot.awaited' },
  crashed: { ...healthy, state: 'crashed' },
  restarting: { ...healthy, state: 'restarting' },
  failed: { ...healthy, state: 'failed' },
  queuedAndFailed: { ...healthy, state: 'failed', queued: 'startSlot.awaited' },
} satisfies Record<string, PluginSummary>;
export type Place = keyof typeof places;

/** What each plugin requires, and where it is: `{ b: 'a' }`, `{ a: 'healthy' }`. */
export type Graph = Readonly<Record<string, string>>;
export type PluginPlaces = Readonly<Record<string, Place>>;

/** Whoever is not named rests. */
export function summariesOf(whereabouts: PluginPlaces): PluginSummaryOf {
  return (id) => places[whereabouts[id] ?? 'idle'];
}

/** A desk before these plugins; each one comes after what it requires, unless it is said otherwise. */
export function schedulerOf(
  graph: Graph,
  {
    startQueue = '',
    starting = '',
    stopQueue = [],
    limit = Infinity,
    after,
  }: {
    readonly startQueue?: string;
    readonly starting?: string;
    readonly stopQueue?: readonly StopRequest[];
    readonly limit?: number;
    readonly after?: Graph;
  } = {},
): SchedulerState {
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
    startQueue: startQueue.split(''),
    starting: starting.split(''),
    stopQueue,
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
    whereabouts: Object.fromEntries(names.map((id, at) => [id, drawn[at]])) as PluginPlaces,
  }));
