import { getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph';
import { createPluginDriver } from './plugin-driver.js';
import { modelEvents, pluginModel, type ModelEvent } from './plugin-model.js';

/** A fourth failure shows nothing that the third did not. */
const maxFailures = 2;
const bounds = {
  events: [...modelEvents],
  serializeState: (state: Snapshot) => JSON.stringify([state.value, state.context]),
  stopWhen: ({ context }: Snapshot) => context.failures > maxFailures,
  limit: 50_000,
};
type Snapshot = ReturnType<typeof pluginModel.getInitialSnapshot>;
type Step = { readonly event: { readonly type: string }; readonly state: Snapshot };

/** The steps of a path without the initial one. */
function stepsOf(path: { readonly steps: readonly unknown[]; readonly state: unknown }): Step[] {
  return (path.steps as Step[]).filter(({ event }) => !event.type.startsWith('xstate.'));
}

function nameOf(steps: readonly Step[]): string {
  return steps.length === 0 ? 'nothing' : steps.map(({ event }) => event.type).join(', ');
}

/** Drives the real machine along a path, and compares it with the model after each step. */
function walk(steps: readonly Step[]): void {
  const real = createPluginDriver();
  steps.forEach(({ event, state }, index) => {
    real.perform(event as ModelEvent);
    const way = nameOf(steps.slice(0, index + 1));
    expect({ way, place: real.place(), ...real.context() }).toEqual({
      way,
      place: state.value,
      ...state.context,
    });
  });
}

/** Simple paths are too many with all of them. */
const startAndStopEvents = new Set<ModelEvent['type']>([
  'activate',
  'deactivate',
  'spawned',
  'line read',
  'connected',
  'serving',
  'activated',
  'drained',
  'deactivated',
  'has no controller',
  'exit',
  'silent',
]);

const shortest = getShortestPaths(pluginModel, bounds).map(stepsOf);

describe('the real plugin machine, on the shortest path to each state of its model', () => {
  it('has many of them', () => {
    expect(shortest.length).toBeGreaterThan(60);
  });

  it.each(shortest.map((steps) => [nameOf(steps), steps] as const))('%s', (_, steps) => {
    walk(steps);
  });
});

describe('the real plugin machine, after each event in each state of its model', () => {
  // XState's type of it accepts only state values that are known at compile time.
  const adjacency = getAdjacencyMap(pluginModel, bounds) as unknown as Readonly<
    Record<string, { readonly transitions: Readonly<Record<string, Step>> }>
  >;

  const followed = shortest.filter((steps) => (steps.at(-1)?.state.context.failures ?? 0) <= maxFailures);

  it.each(followed.map((steps) => [nameOf(steps), steps] as const))('%s, and then', (_, steps) => {
    const from = steps.at(-1)?.state ?? pluginModel.getInitialSnapshot(undefined as never);
    const followers = Object.values(adjacency[bounds.serializeState(from)]?.transitions ?? {});
    const possible = followers.filter(({ event }) => from.can(event as ModelEvent));
    expect(possible.length).toBeGreaterThan(1);
    for (const { event, state } of possible) walk([...steps, { event, state }]);
  });
});

describe('the real plugin machine, on each simple path of a start and its end', () => {
  const simple = getSimplePaths(pluginModel, {
    ...bounds,
    events: modelEvents.filter(({ type }) => startAndStopEvents.has(type)),
    stopWhen: ({ context }: Snapshot) => context.failures > 0,
  }).map(stepsOf);

  it('has many of them', () => {
    expect(simple.length).toBeGreaterThan(50);
  });

  it.each(simple.map((steps) => [nameOf(steps), steps] as const))('%s', (_, steps) => {
    walk(steps);
  });
});
