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
  /** Adds a plugin unless it is there, and starts it until it is healthy. */
  readonly start: (plugin: string) => void;
}

/** The real environment machine over simulated effects, with an inspector. */
export function createInspectedTree(
  inspect: Observer<InspectionEvent> | ((event: InspectionEvent) => void),
): InspectedTree {
  const clock = createSimulatedClock();
  const simulator = createEffectSimulator(clock);
  const machine = createEnvironmentMachine(simulator.effects, { random: () => 0.5 });
  const root = createActor(machine, { clock, inspect, input: {} });
  root.start();
  const tree: InspectedTree = {
    root,
    simulator,
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
      completeStart(simulator, plugin);
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
