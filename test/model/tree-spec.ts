import fc from 'fast-check';
import { groupSpecs } from '../../src/environment/options/group-options.js';
import {
  rootGroup,
  type GroupOptions,
  type SupervisionOptions,
  type SupervisionPolicy,
  type SupervisorSpec,
} from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';

/** A plugin of a sequence. Numbers pick among the groups and plugins that there are, modulo their count. */
export interface PluginSpec {
  readonly supervision: SupervisionOptions;
  readonly group: number;
  readonly requires: readonly number[];
  readonly significant: boolean;
}

export interface GroupSpec {
  readonly options: Omit<GroupOptions, 'parent' | 'members'>;
  readonly parent: number;
}

/** The tree that a sequence is about. */
export interface TreeSpec {
  readonly plugins: readonly PluginSpec[];
  readonly root: GroupOptions;
  readonly groups: readonly GroupSpec[];
  /** Whom plugins may require: only earlier or later ones, anyActor, or also one that does not exist. */
  readonly requirementShape: 'earlier' | 'later' | 'any' | 'missing';
  readonly startConcurrency: number | null;
}

/** A plugin as it is added to the tree. */
export interface SpecifiedPlugin {
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
export function groupSpecsOf({ root, groups }: TreeSpec): readonly SupervisorSpec[] {
  const nameOf = (group: number): string => (group === 0 ? rootGroup : `group${group}`);
  const options = groups.map((bed, index) => [
    nameOf(index + 1),
    { ...bed.options, parent: nameOf(bed.parent % (index + 1)) },
  ]);
  const groupsByName = Object.fromEntries(options) as Readonly<Record<string, GroupOptions>>;
  return groupSpecs({ groups: { [rootGroup]: root, ...groupsByName } });
}

export function specifiedPlugin(treeSpec: TreeSpec, plugin: number): SpecifiedPlugin {
  const { plugins, groups } = treeSpec;
  const template = plugins[plugin];
  if (template === undefined) throw new Error(`The planting has no plugin ${plugin}.`);
  const policy = composePolicy(template.supervision);
  const group = template.group % (groups.length + 1);
  return {
    id: idOf(plugin),
    policy,
    group: group === 0 ? rootGroup : `group${group}`,
    requires: [...new Set(template.requires.flatMap((number) => requirement(treeSpec, plugin, number)))],
    // One that is always restarted never ends by itself: the environment refuses it as significant.
    significant: template.significant && policy.restart.restart !== 'permanent',
  };
}

function requirement(
  { plugins, requirementShape }: TreeSpec,
  plugin: number,
  number: number,
): readonly string[] {
  const count = plugins.length;
  switch (requirementShape) {
    case 'earlier':
      return plugin === 0 ? [] : [idOf(number % plugin)];
    case 'later':
      return plugin === count - 1 ? [] : [idOf(plugin + 1 + (number % (count - 1 - plugin)))];
    case 'any':
      return [idOf(number % count)];
    case 'missing':
      return plugin === 0 ? ['nobody'] : [idOf(number % plugin)];
  }
}

export const supervision: fc.Arbitrary<SupervisionOptions> = fc.record({
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

const groupRules = {
  strategy: fc.constantFrom('one-for-one', 'one-for-all', 'rest-for-one', 'one-for-all', 'rest-for-one'),
  intensity: fc.constantFrom(null, 0, 1, 2, 3),
  periodMs: fc.constantFrom(1000, 60_000, 300_000),
  halfOpenAfterMs: fc.constantFrom(null, 20_000, 600_000),
} as const;

const groupSpec: fc.Arbitrary<GroupSpec> = fc.record({
  options: fc.record(
    {
      ...groupRules,
      autoShutdown: fc.constantFrom('never', 'any-significant', 'all-significant'),
      significant: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  parent: fc.nat(3),
});

const pluginSpec: fc.Arbitrary<PluginSpec> = fc.record({
  supervision,
  group: fc.nat(3),
  requires: fc.array(fc.nat(5), { maxLength: 2 }),
  significant: fc.boolean(),
});

const plainPluginSpec: fc.Arbitrary<PluginSpec> = fc.record({
  supervision,
  group: fc.constant(0),
  requires: fc.constant([]),
  significant: fc.constant(false),
});

/** Nobody has anything to do with anyActor else. */
const flatTree: fc.Arbitrary<TreeSpec> = fc.record({
  plugins: fc.array(plainPluginSpec, { minLength: 1, maxLength: 3 }),
  root: fc.constant({}),
  groups: fc.constant([]),
  requirementShape: fc.constant('earlier'),
  startConcurrency: fc.constant(null),
});

const groupedTree: fc.Arbitrary<TreeSpec> = fc.record({
  plugins: fc.array(pluginSpec, { minLength: 2, maxLength: 6 }),
  root: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.record(groupRules) }),
  groups: fc.array(groupSpec, { minLength: 1, maxLength: 3 }),
  requirementShape: fc.constantFrom('earlier', 'earlier', 'later', 'later', 'any', 'missing'),
  startConcurrency: fc.constantFrom(null, 1, 2),
});

export const treeSpecs: fc.Arbitrary<TreeSpec> = fc.oneof(
  { weight: 1, arbitrary: flatTree },
  { weight: 4, arbitrary: groupedTree },
);
