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
import type { PluginState, PluginStatus, SupervisionOptions } from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';
import {
  createSimulatedClock,
  simulatedBundle,
  createEffectSimulator,
  type EffectSimulator,
  type SimulatedClock,
} from '../../src/testing/index.js';

/** The tree follows Health.Watch, which no preset turns on. */
const watched: SupervisionOptions = { health: { watch: true } };

/** The real machines over simulated effects, and shorthands for the default plugin. */
export interface SimulatedTree {
  readonly root: Actor<EnvironmentMachine>;
  readonly simulator: EffectSimulator;
  readonly clock: SimulatedClock;
  add(plugin: string, supervision?: SupervisionOptions, placement?: Placement): void;
  activate(plugin?: string): void;
  deactivate(plugin?: string): void;
  /** Sets the policy of the default plugin, composed of these layers. */
  setPolicy(...layers: readonly SupervisionOptions[]): void;
  /** The actor of a plugin. */
  ref(plugin?: string): PluginRef;
  snapshot(plugin?: string): PluginSnapshot;
  state(plugin?: string): PluginState;
  status(plugin?: string): PluginStatus;
  /** Advances the clock. */
  advance(ms: number): void;
  /** Lets it pass while the host is suspended. */
  stall(ms: number): void;
}

/** The place of a plugin in the tree. */
export interface Placement {
  readonly group?: string;
  readonly requires?: readonly string[];
  readonly significant?: boolean;
}

/** The plugin of a test that names none. */
export const defaultPlugin = 'com.example.hero';

/** The real machines with one plugin, simulated effects and a simulated clock. */
export function createTreeWithPlugin(
  supervision?: SupervisionOptions,
  random: number | (() => number) = 0.5,
  clock = createSimulatedClock(),
): SimulatedTree {
  const tree = createSimulatedTree({}, random, clock);
  tree.add(defaultPlugin, supervision);
  return tree;
}

/** Creates a tree without plugins. */
export function createSimulatedTree(
  input: EnvironmentInput,
  random: number | (() => number) = 0.5,
  clock = createSimulatedClock(),
): SimulatedTree {
  const draw = typeof random === 'number' ? () => random : random;
  // A function yields the numbers of restart delays one by one; the jitter of probes must not consume them.
  const simulator = createEffectSimulator(clock, typeof random === 'number' ? draw : () => 0.5);
  const root = createActor(createEnvironmentMachine(simulator.effects, { random: draw }), { clock, input });
  root.subscribe({
    error: (error) => {
      throw error as Error;
    },
  });
  const send = root.send.bind(root);
  root.send = (event) => {
    send(event);
    clock.flush();
  };
  root.start();
  const known = new Map<string, PluginRef>();
  root.on('plugin.spawned', ({ plugin }) => {
    const ref = pluginRef(root.system, plugin);
    if (ref !== undefined) known.set(plugin, ref);
  });
  const child = (plugin: string) => {
    // A tree that has stopped has no actors any more.
    const found = pluginRef(root.system, plugin) ?? known.get(plugin);
    if (found === undefined) throw new Error(`The tree has no plugin ${plugin}.`);
    return found;
  };
  const tree: SimulatedTree = {
    root,
    simulator,
    clock,
    add(plugin, supervision, { requires = [], ...placement } = {}) {
      const bundle = simulatedBundle(plugin, { requires });
      root.send({
        type: 'bundles.added',
        bundles: [{ ...placement, bundle, policy: composePolicy(watched, supervision), generation: 0 }],
      });
    },
    activate: (plugin = defaultPlugin) => {
      root.send({ type: 'environment.activate', plugin });
    },
    deactivate: (plugin = defaultPlugin) => {
      root.send({ type: 'environment.deactivate', plugin });
    },
    setPolicy: (...layers) => {
      const policy = composePolicy(...layers);
      root.send({ type: 'environment.setPolicy', plugin: defaultPlugin, policy });
    },
    ref: (plugin = defaultPlugin) => child(plugin),
    snapshot: (plugin = defaultPlugin) => child(plugin).getSnapshot(),
    state: (plugin = defaultPlugin) => pluginState(child(plugin).getSnapshot()),
    status: (plugin = defaultPlugin) => pluginStatus(child(plugin).getSnapshot()),
    advance: (ms) => {
      clock.advance(ms);
    },
    stall: (ms) => {
      clock.stall(ms);
    },
  };
  return tree;
}
