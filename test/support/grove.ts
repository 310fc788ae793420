import { groupSpecs } from '../../src/environment/groups.js';
import { supervisorRef, supervisorStatus } from '../../src/machines/index.js';
import type {
  GroupOptions,
  PluginState,
  Supervision,
  SupervisorReport,
  SupervisorStatus,
} from '../../src/model/index.js';
import { exit, startWell } from '../../src/testing/index.js';
import { tellTree, type Place, type Story } from './story.js';

export interface Sapling extends Place {
  readonly supervision?: Supervision;
}

/** These stories are not about health: the first probe would be due after 24 days. */
const unasked = 2 ** 31 - 1;

/** A story of a tree, with all that a test asks of one. */
export interface Grove extends Story {
  readonly reports: readonly SupervisorReport[];
  /** Answers every start, one after the other, until nothing starts any more; in this order they came up. */
  startAll(): readonly string[];
  /** Ends every process that is being brought down, one after the other; in this order they were. */
  endAll(): readonly string[];
  states(): Readonly<Record<string, PluginState>>;
  generations(): Readonly<Record<string, number>>;
  crash(plugin: string, end?: { code?: number; signal?: string }): void;
  group(name: string): SupervisorStatus;
}

/** Grows groups of plugins that are known and not started. */
export function plant(
  groups: Readonly<Record<string, GroupOptions>>,
  plugins: Readonly<Record<string, Sapling>>,
  options: { readonly startConcurrency?: number; readonly random?: number } = {},
): Grove {
  const { startConcurrency = Infinity, random = 0.5 } = options;
  const story = tellTree({ specs: groupSpecs({ groups }), startConcurrency }, random);
  const ids = Object.keys(plugins);
  const reports: SupervisorReport[] = [];
  story.root.on('supervisor.reported', ({ report }) => reports.push(report));
  for (const [id, { supervision, ...place }] of Object.entries(plugins))
    story.add(id, { ...supervision, health: { intervalMs: unasked, ...supervision?.health } }, place);
  const drive = (state: PluginState, deed: (plugin: string) => void): readonly string[] => {
    const done: string[] = [];
    for (;;) {
      const next = ids.find((id) => story.state(id) === state);
      if (next === undefined) return done;
      done.push(next);
      deed(next);
    }
  };
  const each = <Value>(ask: (plugin: string) => Value) =>
    Object.fromEntries(ids.map((id) => [id, ask(id)])) as Readonly<Record<string, Value>>;
  return {
    ...story,
    reports,
    startAll: () =>
      drive('spawning', (id) => {
        startWell(story.world, id);
      }),
    endAll: () =>
      drive('stopping', (id) => {
        exit(story.world, { code: 0 }, id);
      }),
    states: () => each((id) => story.state(id)),
    generations: () => each((id) => story.status(id).generation),
    crash: (plugin, end = { code: 1 }) => {
      exit(story.world, end, plugin);
    },
    group(name) {
      const ref = supervisorRef(story.root.system, name);
      if (ref === undefined) throw new Error(`There is no group ${name}.`);
      return supervisorStatus(ref, story.clock.now());
    },
  };
}

/** The same, with everything up. */
export function grow(...planted: Parameters<typeof plant>): Grove {
  const grove = plant(...planted);
  grove.root.send({ type: 'environment.activateAll' });
  grove.startAll();
  return grove;
}
