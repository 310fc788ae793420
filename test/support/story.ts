import { createActor, type Actor } from 'xstate';
import {
  createEnvironmentMachine,
  pluginRef,
  pluginState,
  pluginStatus,
  type EnvironmentInput,
  type EnvironmentMachine,
  type PluginRef,
  type PluginSnapshot,
} from '../../src/machines/index.js';
import type { PluginState, PluginStatus, Supervision } from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';
import {
  createSteppingClock,
  pretendedBundle,
  pretendWorld,
  type PretendedWorld,
  type SteppingClock,
} from '../../src/testing/index.js';

export interface Story {
  readonly root: Actor<EnvironmentMachine>;
  readonly world: PretendedWorld;
  readonly clock: SteppingClock;
  add(plugin: string, supervision?: Supervision, place?: Place): void;
  activate(plugin?: string): void;
  deactivate(plugin?: string): void;
  /** Sets the policy that these layers make together. */
  setPolicy(...layers: readonly Supervision[]): void;
  /** The actor of a plugin. */
  ref(plugin?: string): PluginRef;
  snapshot(plugin?: string): PluginSnapshot;
  state(plugin?: string): PluginState;
  status(plugin?: string): PluginStatus;
  /** Lets simulated time pass. */
  pass(ms: number): void;
  /** Lets it pass while the host is stopped. */
  stall(ms: number): void;
}

/** Where in the tree a plugin belongs, and what it needs. */
export interface Place {
  readonly group?: string;
  readonly requires?: readonly string[];
  readonly significant?: boolean;
}

/** The name of the plugin that a story is about when it names none. */
export const hero = 'com.example.hero';

/** The real environment and plugin machines over a pretended world and a simulated clock. */
export function tellStory(
  supervision?: Supervision,
  random: number | (() => number) = 0.5,
  clock = createSteppingClock(),
): Story {
  const story = tellTree({}, random, clock);
  story.add(hero, supervision);
  return story;
}

/** As {@link tellStory}, with no plugin yet, and with groups. */
export function tellTree(
  input: EnvironmentInput,
  random: number | (() => number) = 0.5,
  clock = createSteppingClock(),
): Story {
  const draw = typeof random === 'number' ? () => random : random;
  // The jitter of probes is not drawn from the numbers that a test gives to restarts one by one.
  const world = pretendWorld(clock, typeof random === 'number' ? draw : () => 0.5);
  const root = createActor(createEnvironmentMachine(world.effects, { random: draw }), { clock, input });
  root.subscribe({
    error: (error) => {
      throw error as Error;
    },
  });
  const send = root.send.bind(root);
  root.send = (event) => {
    send(event);
    clock.settle();
  };
  root.start();
  const known = new Map<string, PluginRef>();
  root.on('plugin.placed', ({ plugin }) => {
    const ref = pluginRef(root.system, plugin);
    if (ref !== undefined) known.set(plugin, ref);
  });
  const child = (plugin: string) => {
    // A tree that has stopped knows nobody any more.
    const found = pluginRef(root.system, plugin) ?? known.get(plugin);
    if (found === undefined) throw new Error(`The story has no plugin ${plugin}.`);
    return found;
  };
  const story: Story = {
    root,
    world,
    clock,
    add(plugin, own, { requires = [], ...place } = {}) {
      const bundle = pretendedBundle(plugin, { requires });
      root.send({
        type: 'bundles.added',
        bundles: [{ ...place, bundle, policy: composePolicy(own), generation: 0 }],
      });
    },
    activate: (plugin = hero) => {
      root.send({ type: 'environment.activate', plugin });
    },
    deactivate: (plugin = hero) => {
      root.send({ type: 'environment.deactivate', plugin });
    },
    setPolicy: (...layers) => {
      const policy = composePolicy(...layers);
      root.send({ type: 'environment.setPolicy', plugin: hero, policy });
    },
    ref: (plugin = hero) => child(plugin),
    snapshot: (plugin = hero) => child(plugin).getSnapshot(),
    state: (plugin = hero) => pluginState(child(plugin).getSnapshot()),
    status: (plugin = hero) => pluginStatus(child(plugin).getSnapshot()),
    pass: (ms) => {
      clock.pass(ms);
    },
    stall: (ms) => {
      clock.stall(ms);
    },
  };
  return story;
}
