import { groupSpecs } from '../../src/environment/options/group-options.js';
import { supervisorRef, supervisorStatus } from '../../src/machines/index.js';
import {
  maxTimerMs,
  type GroupOptions,
  type PluginState,
  type SupervisionOptions,
  type SupervisorReport,
  type SupervisorStatus,
} from '../../src/model/index.js';
import { emitExit, completeStart } from '../../src/testing/index.js';
import { createSimulatedTree, type Placement, type SimulatedTree } from './simulated-tree.js';

export interface PlacedPlugin extends Placement {
  readonly supervision?: SupervisionOptions;
}

/** A simulated tree with groups, and what tests read of it. */
export interface SimulatedGroups extends SimulatedTree {
  readonly reports: readonly SupervisorReport[];
  /** Completes every start, one after the other; returns their order. */
  startAll(): readonly string[];
  /** Ends every process that is being stopped, one after the other; returns their order. */
  endAll(): readonly string[];
  states(): Readonly<Record<string, PluginState>>;
  generations(): Readonly<Record<string, number>>;
  crash(plugin: string, end?: { code?: number; signal?: string }): void;
  group(name: string): SupervisorStatus;
}

/** Creates groups of plugins that are not started. */
export function createGroups(
  groups: Readonly<Record<string, GroupOptions>>,
  plugins: Readonly<Record<string, PlacedPlugin>>,
  options: { readonly startConcurrency?: number; readonly random?: number } = {},
): SimulatedGroups {
  const { startConcurrency = Infinity, random = 0.5 } = options;
  const tree = createSimulatedTree({ specs: groupSpecs({ groups }), startConcurrency }, random);
  const ids = Object.keys(plugins);
  const reports: SupervisorReport[] = [];
  tree.root.on('supervisor.reported', ({ report }) => reports.push(report));
  for (const [id, { supervision, ...place }] of Object.entries(plugins))
    tree.add(id, { ...supervision, health: { intervalMs: maxTimerMs, ...supervision?.health } }, place);
  const forEachIn = (state: PluginState, act: (plugin: string) => void): readonly string[] => {
    const done: string[] = [];
    for (;;) {
      const next = ids.find((id) => tree.state(id) === state);
      if (next === undefined) return done;
      done.push(next);
      act(next);
    }
  };
  const each = <Value>(valueOf: (plugin: string) => Value) =>
    Object.fromEntries(ids.map((id) => [id, valueOf(id)])) as Readonly<Record<string, Value>>;
  return {
    ...tree,
    reports,
    startAll: () =>
      forEachIn('spawning', (id) => {
        completeStart(tree.simulator, id);
      }),
    endAll: () =>
      forEachIn('stopping', (id) => {
        emitExit(tree.simulator, { code: 0 }, id);
      }),
    states: () => each((id) => tree.state(id)),
    generations: () => each((id) => tree.status(id).generation),
    crash: (plugin, end = { code: 1 }) => {
      emitExit(tree.simulator, end, plugin);
    },
    group(name) {
      const ref = supervisorRef(tree.root.system, name);
      if (ref === undefined) throw new Error(`There is no group ${name}.`);
      return supervisorStatus(ref, tree.clock.now());
    },
  };
}

/** As {@link createGroups}, with every plugin healthy. */
export function startGroups(...args: Parameters<typeof createGroups>): SimulatedGroups {
  const groups = createGroups(...args);
  groups.root.send({ type: 'environment.activateAll' });
  groups.startAll();
  return groups;
}
