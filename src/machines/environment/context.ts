import { PluginError, rootGroup, type SupervisionPolicy, type SupervisorSpec } from '../../model/index.js';
import {
  allPlugins,
  planStarts,
  precedence,
  presets,
  buildTree,
  type Subtree,
  type PluginSummary,
  type StartDecisions,
} from '../../policy/index.js';
import type { AddedBundle, EnvironmentContext, EnvironmentInput, Layout, Member } from './types.js';
import type { ChildSpec } from '../supervisor/types.js';

/** What is known of a plugin at this moment. */
export interface PluginSummaryWithError extends PluginSummary {
  readonly error: PluginError | null;
}

export type PluginSummaryWithErrorOf = (plugin: string) => PluginSummaryWithError;

const { restart } = presets.espalier;

/** The root where nothing else is said: one plugin's end never touches another one. */
export const defaultRootSpec: SupervisorSpec = {
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

export function initialEnvironmentContext(input: EnvironmentInput): EnvironmentContext {
  const { specs = [defaultRootSpec], startConcurrency = Infinity } = input;
  return {
    specs,
    startConcurrency,
    members: [],
    layout: layoutOf([], specs),
    startQueue: [],
    starting: [],
    stopQueue: [],
  };
}

export function withMembers(
  context: EnvironmentContext,
  added: readonly AddedBundle[],
): Partial<EnvironmentContext> {
  const ids = new Set(added.map(({ bundle }) => bundle.manifest.id));
  const staying = context.members.filter(({ bundle }) => !ids.has(bundle.manifest.id));
  const members = [...staying, ...added.map((one) => ({ group: rootGroup, significant: false, ...one }))];
  return { members, layout: layoutOf(members, context.specs) };
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
    layout: layoutOf(members, context.specs),
    startQueue: context.startQueue.filter((id) => id !== plugin),
    starting: context.starting.filter((id) => id !== plugin),
    stopQueue: context.stopQueue.filter(({ id }) => id !== plugin),
  };
}

/** Members first in the order that their groups give them, then by id. What cannot be started is last. */
function layoutOf(members: readonly Member[], specs: readonly SupervisorSpec[]): Layout {
  const place = new Map(specs.flatMap((spec) => spec.members.map((id, index) => [id, index])));
  const sorted = members
    .map(({ bundle: { manifest }, group }) => ({ id: manifest.id, requires: manifest.requires, group }))
    .sort((a, b) => placeOf(place, a.id) - placeOf(place, b.id) || (a.id < b.id ? -1 : 1));
  const plan = planStarts(sorted);
  const groups = new Map(sorted.map(({ id, group }) => [id, group]));
  const tree = buildTree(
    specs,
    allPlugins(plan).map((id) => ({ id, group: groups.get(id) ?? rootGroup })),
    plan,
  );
  return { plan, tree, groups, after: precedence(tree, plan) };
}

function placeOf(place: ReadonlyMap<string, number>, id: string): number {
  return place.get(id) ?? Number.MAX_SAFE_INTEGER;
}

/** The children of a branch, with all that their actors need. */
export function childSpecs({ children }: Subtree, members: readonly Member[]): readonly ChildSpec[] {
  const known = new Map(members.map((member) => [member.bundle.manifest.id, member]));
  const specsOf = (branch: Subtree): readonly ChildSpec[] =>
    branch.children.flatMap((child): ChildSpec[] => {
      const { id, after } = child;
      if (child.kind === 'supervisor') {
        const { spec } = child.subtree;
        return [
          {
            kind: 'supervisor',
            id,
            after,
            significant: spec.significant,
            spec,
            children: specsOf(child.subtree),
          },
        ];
      }
      const member = known.get(id);
      return member === undefined ? [] : [{ kind: 'plugin', id, after, ...member }];
    });
  return specsOf({ spec: defaultRootSpec, children });
}

/** What those are told whose turn will not come. */
export function rejections(
  rejected: StartDecisions['reject'],
  summaryOf: PluginSummaryWithErrorOf,
): readonly { readonly id: string; readonly error: PluginError }[] {
  const errors = new Map<string, PluginError>();
  for (const { id, lacks } of rejected)
    errors.set(id, requirementUnmet(id, lacks, errors.get(lacks) ?? summaryOf(lacks).error));
  return [...errors].map(([id, error]) => ({ id, error }));
}

export function requirementUnmet(
  plugin: string,
  requirement: string,
  cause: PluginError | null,
): PluginError {
  return new PluginError({
    code: 'REQUIREMENT_UNMET',
    plugin,
    message: `The plugin requires ${requirement}, which does not come up: ${cause?.message ?? 'it was brought down.'}`,
    hint: cause?.hint ?? `Activate ${requirement} first.`,
    facts: { requirement },
    ...(cause !== null && { cause }),
  });
}
