import fc from 'fast-check';
import {
  planStarts,
  type SchedulerState,
  type StopRequest,
  type PluginSummary,
  type PluginSummaryOf,
} from '../../../src/policy/index.js';

const idle: PluginSummary = { state: 'idle', wanted: false, queued: null, isSuspended: false, error: null };
const pending: PluginSummary = { ...idle, state: 'pending', wanted: true };
const healthy: PluginSummary = { ...idle, state: 'healthy', wanted: true };

/** The states of plugins, by the names in the tables. */
export const places = {
  idle,
  invalid: { ...idle, state: 'invalid' },
  queued: { ...pending, queued: 'startSlot.awaited' },
  awaitsA: { ...pending, queued: 'requirement.awaited a' },
  suspended: { ...pending, isSuspended: true },
  queuedAndSuspended: { ...pending, queued: 'startSlot.awaited', isSuspended: true },
  spawning: { ...healthy, state: 'spawning' },
  /** It is not wanted while its process is being spawned; it may still be wanted again. */
  spawningUnwanted: { ...idle, state: 'spawning', queued: 'startSlot.awaited' },
  handshaking: { ...healthy, state: 'handshaking' },
  healthy,
  /** It is not wanted any more, and its process was not stopped yet. */
  unwanted: { ...healthy, wanted: false },
  stopping: { ...idle, state: 'stopping' },
  /** It is stopping, and queued for its next start. */
  stoppingAndQueued: { ...healthy, state: 'stopping', queued: 'startSlot.awaited' },
  crashed: { ...healthy, state: 'crashed' },
  restarting: { ...healthy, state: 'restarting' },
  failed: { ...healthy, state: 'failed' },
  queuedAndFailed: { ...healthy, state: 'failed', queued: 'startSlot.awaited' },
} satisfies Record<string, PluginSummary>;
export type Place = keyof typeof places;

/** What each plugin requires, and where it is: `{ b: 'a' }`, `{ a: 'healthy' }`. */
export type Graph = Readonly<Record<string, string>>;
export type PluginPlaces = Readonly<Record<string, Place>>;

/** A plugin that is not named is idle. */
export function summariesOf(states: PluginPlaces): PluginSummaryOf {
  return (id) => places[states[id] ?? 'idle'];
}

/** A start scheduler with these plugins; each starts after what it requires, unless `after` differs. */
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

const anyPlugin = fc.constantFrom(...names);
const anyPlace = fc.constantFrom(...(Object.keys(places) as Place[]));

/** Any plugins that require any others, also in circles and in vain, and are anyPlace. */
export const situations = fc
  .tuple(
    fc.dictionary(anyPlugin, fc.array(fc.oneof(anyPlugin, fc.constant('x')), { maxLength: 2 }), {
      maxKeys: 6,
    }),
    fc.array(anyPlace, { minLength: names.length, maxLength: names.length }),
  )
  .map(([requires, drawn]) => ({
    graph: Object.fromEntries(Object.entries(requires).map(([id, others]) => [id, others.join('')])),
    states: Object.fromEntries(names.map((id, at) => [id, drawn[at]])) as PluginPlaces,
  }));
