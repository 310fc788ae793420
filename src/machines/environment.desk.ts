import { PluginError, rootGroup, type SupervisionPolicy, type SupervisorSpec } from '../model/index.js';
import {
  everyone,
  planStarts,
  precedence,
  presets,
  treeOf,
  type Branch,
  type PluginStanding,
  type Turns,
} from '../policy/index.js';
import type {
  AddedBundle,
  EnvironmentContext,
  EnvironmentInput,
  Layout,
  Member,
} from './environment.types.js';
import type { ChildSpec } from './supervisor.types.js';

/** What is known of a plugin at this moment. */
export interface Standing extends PluginStanding {
  readonly error: PluginError | null;
}

export type StandingOf = (plugin: string) => Standing;

const { restart } = presets.espalier;

/** The root where nothing else is said: one plugin's end never touches another one. */
export const plainRoot: SupervisorSpec = {
  name: rootGroup,
  strategy: 'one-for-one',
  intensity: null,
  // Without a budget it counts nothing.
  periodMs: restart.periodMs ?? Infinity,
  autoShutdown: 'never',
  significant: false,
  parent: null,
  members: [],
  backoff: restart.backoff,
  halfOpenAfterMs: restart.halfOpenAfterMs,
};

export function initialDesk(input: EnvironmentInput): EnvironmentContext {
  const { specs = [plainRoot], startConcurrency = Infinity } = input;
  return {
    specs,
    startConcurrency,
    members: [],
    layout: layOut([], specs),
    waiting: [],
    starting: [],
    leaving: [],
  };
}

export function withMembers(
  context: EnvironmentContext,
  added: readonly AddedBundle[],
): Partial<EnvironmentContext> {
  const ids = new Set(added.map(({ bundle }) => bundle.manifest.id));
  const staying = context.members.filter(({ bundle }) => !ids.has(bundle.manifest.id));
  const members = [...staying, ...added.map((one) => ({ group: rootGroup, significant: false, ...one }))];
  return { members, layout: layOut(members, context.specs) };
}

/** Another policy for a member; where it is in the tree stays. */
export function withPolicy(
  { members }: EnvironmentContext,
  plugin: string,
  policy: SupervisionPolicy,
): Partial<EnvironmentContext> {
  return {
    members: members.map((member) => (member.bundle.manifest.id === plugin ? { ...member, policy } : member)),
  };
}

export function withoutMember(context: EnvironmentContext, plugin: string): Partial<EnvironmentContext> {
  const members = context.members.filter(({ bundle }) => bundle.manifest.id !== plugin);
  return {
    members,
    layout: layOut(members, context.specs),
    waiting: context.waiting.filter((id) => id !== plugin),
    starting: context.starting.filter((id) => id !== plugin),
    leaving: context.leaving.filter(({ id }) => id !== plugin),
  };
}

/** Members first in the order that their groups give them, then by id. What cannot be started is last. */
function layOut(members: readonly Member[], specs: readonly SupervisorSpec[]): Layout {
  const place = new Map(specs.flatMap((spec) => spec.members.map((id, index) => [id, index])));
  const sorted = members
    .map(({ bundle: { manifest }, group }) => ({ id: manifest.id, requires: manifest.requires, group }))
    .sort((a, b) => rank(place, a.id) - rank(place, b.id) || (a.id < b.id ? -1 : 1));
  const plan = planStarts(sorted);
  const groups = new Map(sorted.map(({ id, group }) => [id, group]));
  const tree = treeOf(
    specs,
    everyone(plan).map((id) => ({ id, group: groups.get(id) ?? rootGroup })),
    plan,
  );
  return { plan, tree, groups, after: precedence(tree, plan) };
}

function rank(place: ReadonlyMap<string, number>, id: string): number {
  return place.get(id) ?? Number.MAX_SAFE_INTEGER;
}

/** The children of a branch, with all that their actors need. */
export function childSpecs({ children }: Branch, members: readonly Member[]): readonly ChildSpec[] {
  const known = new Map(members.map((member) => [member.bundle.manifest.id, member]));
  const specsOf = (branch: Branch): readonly ChildSpec[] =>
    branch.children.flatMap((child): ChildSpec[] => {
      const { id, after } = child;
      if (child.kind === 'supervisor') {
        const { spec } = child.branch;
        return [
          {
            kind: 'supervisor',
            id,
            after,
            significant: spec.significant,
            spec,
            children: specsOf(child.branch),
          },
        ];
      }
      const member = known.get(id);
      return member === undefined ? [] : [{ kind: 'plugin', id, after, ...member }];
    });
  return specsOf({ spec: plainRoot, children });
}

/** What those are told whose turn will not come. */
export function refusals(
  refused: Turns['refuse'],
  standing: StandingOf,
): readonly { readonly id: string; readonly error: PluginError }[] {
  const errors = new Map<string, PluginError>();
  for (const { id, lacks } of refused)
    errors.set(id, unmet(id, lacks, errors.get(lacks) ?? standing(lacks).error));
  return [...errors].map(([id, error]) => ({ id, error }));
}

export function unmet(plugin: string, requirement: string, cause: PluginError | null): PluginError {
  return new PluginError({
    code: 'REQUIREMENT_UNMET',
    plugin,
    message: `The plugin requires ${requirement}, which does not come up: ${cause?.message ?? 'it was brought down.'}`,
    hint: cause?.hint ?? `Activate ${requirement} first.`,
    facts: { requirement },
    ...(cause !== null && { cause }),
  });
}
