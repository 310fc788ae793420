import { createActor, type Actor, type InspectionEvent, type Observer } from 'xstate';
import { createEnvironmentMachine, pluginRef, type EnvironmentMachine } from '../../src/machines/index.js';
import type { Bundle } from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';
import {
  createSimulatedClock,
  createEffectSimulator,
  completeStart,
  type EffectSimulator,
  type SimulatedClock,
} from '../../src/testing/index.js';

export interface InspectedTree {
  readonly root: Actor<EnvironmentMachine>;
  readonly simulator: EffectSimulator;
  readonly clock: SimulatedClock;
  readonly add: (plugin: string) => void;
  /** Adds a plugin where there is none, and brings it up to healthy. */
  readonly start: (plugin: string) => void;
}

/** A real environment over a pretended world, with something looking on. */
export function createInspectedTree(
  inspect: Observer<InspectionEvent> | ((event: InspectionEvent) => void),
): InspectedTree {
  const clock = createSimulatedClock();
  const world = createEffectSimulator(clock);
  const machine = createEnvironmentMachine(world.effects, { random: () => 0.5 });
  const root = createActor(machine, { clock, inspect, input: {} });
  root.start();
  const tree: InspectedTree = {
    root,
    simulator: world,
    clock,
    add(plugin) {
      root.send({
        type: 'bundles.added',
        bundles: [{ bundle: bundleOf(plugin), policy: composePolicy(), generation: 0 }],
      });
    },
    start(plugin) {
      if (pluginRef(root.system, plugin) === undefined) tree.add(plugin);
      root.send({ type: 'environment.activate', plugin });
      completeStart(world, plugin);
    },
  };
  return tree;
}

function bundleOf(id: string): Bundle {
  const env = { DATABASE_PASSWORD: 'hunter2', LANG: 'de_CH.UTF-8' };
  return {
    directory: `/bundles/${id}`,
    manifestPath: `/bundles/${id}/plugin.json`,
    manifest: { id, name: id, version: '1.0.0', server: {}, requires: [], supervision: {}, env },
    runtime: 'python',
    entry: 'plugin.py',
  };
}
