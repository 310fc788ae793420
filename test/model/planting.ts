import fc from 'fast-check';
import { groupSpecs } from '../../src/environment/groups.js';
import {
  rootGroup,
  type GroupOptions,
  type Supervision,
  type SupervisionPolicy,
  type SupervisorSpec,
} from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';

/** A plugin of a sequence. Numbers pick among the groups and plugins that there are, modulo their count. */
export interface Sapling {
  readonly supervision: Supervision;
  readonly group: number;
  readonly requires: readonly number[];
  readonly significant: boolean;
}

export interface Bed {
  readonly options: Omit<GroupOptions, 'parent' | 'members'>;
  readonly parent: number;
}

/** The tree that a sequence is about. */
export interface Planting {
  readonly plugins: readonly Sapling[];
  readonly root: GroupOptions;
  readonly groups: readonly Bed[];
  /** Whom plugins may require: only earlier or later ones, anybody, or also one that does not exist. */
  readonly knot: 'earlier' | 'later' | 'anybody' | 'missing';
  readonly startConcurrency: number | null;
}

/** A plugin as the tree is told of it. */
export interface Planted {
  readonly id: string;
  readonly policy: SupervisionPolicy;
  readonly group: string;
  readonly requires: readonly string[];
  readonly significant: boolean;
}

export function idOf(plugin: number): string {
  return `plugin${plugin}`;
}

/** The groups of a planting: the root first, each parent before its children. */
export function specsOf({ root, groups }: Planting): readonly SupervisorSpec[] {
  const nameOf = (group: number): string => (group === 0 ? rootGroup : `group${group}`);
  const options = groups.map((bed, index) => [
    nameOf(index + 1),
    { ...bed.options, parent: nameOf(bed.parent % (index + 1)) },
  ]);
  const groupsByName = Object.fromEntries(options) as Readonly<Record<string, GroupOptions>>;
  return groupSpecs({ groups: { [rootGroup]: root, ...groupsByName } });
}

export function planted(planting: Planting, plugin: number): Planted {
  const { plugins, groups } = planting;
  const sapling = plugins[plugin];
  if (sapling === undefined) throw new Error(`The planting has no plugin ${plugin}.`);
  const policy = composePolicy(sapling.supervision);
  const group = sapling.group % (groups.length + 1);
  return {
    id: idOf(plugin),
    policy,
    group: group === 0 ? rootGroup : `group${group}`,
    requires: [...new Set(sapling.requires.flatMap((number) => requirement(planting, plugin, number)))],
    // One that is always restarted never ends by itself: the environment refuses it as significant.
    significant: sapling.significant && policy.restart.restart !== 'permanent',
  };
}

function requirement({ plugins, knot }: Planting, plugin: number, number: number): readonly string[] {
  const count = plugins.length;
  switch (knot) {
    case 'earlier':
      return plugin === 0 ? [] : [idOf(number % plugin)];
    case 'later':
      return plugin === count - 1 ? [] : [idOf(plugin + 1 + (number % (count - 1 - plugin)))];
    case 'anybody':
      return [idOf(number % count)];
    case 'missing':
      return plugin === 0 ? ['nobody'] : [idOf(number % plugin)];
  }
}

export const supervision: fc.Arbitrary<Supervision> = fc.record({
  preset: fc.constantFrom('espalier', 'espalier', 'mattermost'),
  restart: fc.record(
    {
      restart: fc.constantFrom('permanent', 'permanent', 'transient', 'temporary'),
      retryFailedStart: fc.boolean(),
      intensity: fc.nat(3),
      resetAfterMs: fc.constantFrom(null, 60_000),
      halfOpenAfterMs: fc.constantFrom(null, 20_000, 600_000),
    },
    { requiredKeys: [] },
  ),
  health: fc.record(
    {
      misses: fc.integer({ min: 1, max: 3 }),
      excuses: fc.nat(2),
      freshDialEvery: fc.constantFrom(null, 1, 2),
      notServingMs: fc.constantFrom(null, 0, 30_000),
      watch: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
});

const rules = {
  strategy: fc.constantFrom('one-for-one', 'one-for-all', 'rest-for-one', 'one-for-all', 'rest-for-one'),
  intensity: fc.constantFrom(null, 0, 1, 2, 3),
  periodMs: fc.constantFrom(1000, 60_000, 300_000),
  halfOpenAfterMs: fc.constantFrom(null, 20_000, 600_000),
} as const;

const bed: fc.Arbitrary<Bed> = fc.record({
  options: fc.record(
    {
      ...rules,
      autoShutdown: fc.constantFrom('never', 'any-significant', 'all-significant'),
      significant: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  parent: fc.nat(3),
});

const sapling: fc.Arbitrary<Sapling> = fc.record({
  supervision,
  group: fc.nat(3),
  requires: fc.array(fc.nat(5), { maxLength: 2 }),
  significant: fc.boolean(),
});

const plainSapling: fc.Arbitrary<Sapling> = fc.record({
  supervision,
  group: fc.constant(0),
  requires: fc.constant([]),
  significant: fc.constant(false),
});

/** Nobody has anything to do with anybody else. */
const plain: fc.Arbitrary<Planting> = fc.record({
  plugins: fc.array(plainSapling, { minLength: 1, maxLength: 3 }),
  root: fc.constant({}),
  groups: fc.constant([]),
  knot: fc.constant('earlier'),
  startConcurrency: fc.constant(null),
});

const wooded: fc.Arbitrary<Planting> = fc.record({
  plugins: fc.array(sapling, { minLength: 2, maxLength: 6 }),
  root: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.record(rules) }),
  groups: fc.array(bed, { minLength: 1, maxLength: 3 }),
  knot: fc.constantFrom('earlier', 'earlier', 'later', 'later', 'anybody', 'missing'),
  startConcurrency: fc.constantFrom(null, 1, 2),
});

export const plantings: fc.Arbitrary<Planting> = fc.oneof(
  { weight: 1, arbitrary: plain },
  { weight: 4, arbitrary: wooded },
);
