import {
  isPluginError,
  PluginError,
  rootGroup,
  type SupervisionPolicy,
  type SupervisorSpec,
} from '../../model/index.js';
import {
  allPlugins,
  planStarts,
  precedence,
  presets,
  buildTree,
  type Subtree,
  type PluginSummaryOf,
  type StartDecisions,
} from '../../policy/index.js';
import type { AddedBundle, EnvironmentContext, EnvironmentInput, Layout, Member } from './types.js';
import type { ChildSpec } from '../supervisor/types.js';

const { restart } = presets.espalier;

/** The default root: no plugin's exit affects another one. */
export const defaultRootSpec: SupervisorSpec = {
  name: rootGroup,
  strategy: 'one-for-one',
  intensity: null,
  // Without an intensity no restart is counted.
  periodMs: restart.periodMs ?? Infinity,
  autoShutdown: 'never',
  significant: false,
  parent: null,
  members: [],
  backoff: restart.backoff,
  halfOpenAfterMs: restart.halfOpenAfterMs,
};

/** The context of an environment without plugins. */
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

/** The context with plugins added. One with the id of a member takes its place. */
export function withMembers(
  context: EnvironmentContext,
  added: readonly AddedBundle[],
): Partial<EnvironmentContext> {
  const ids = new Set(added.map(({ bundle }) => bundle.manifest.id));
  const staying = context.members.filter(({ bundle }) => !ids.has(bundle.manifest.id));
  const members = [...staying, ...added.map((one) => ({ group: rootGroup, significant: false, ...one }))];
  return { members, layout: layoutOf(members, context.specs) };
}

/** The context with another policy for a member. */
export function withPolicy(
  { members }: EnvironmentContext,
  plugin: string,
  policy: SupervisionPolicy,
): Partial<EnvironmentContext> {
  return {
    members: members.map((member) => (member.bundle.manifest.id === plugin ? { ...member, policy } : member)),
  };
}

/** The context without a member. */
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

/** Members in the order that their groups give them, then by id; those that cannot be started last. */
function layoutOf(members: readonly Member[], specs: readonly SupervisorSpec[]): Layout {
  const position = new Map(specs.flatMap((spec) => spec.members.map((id, index) => [id, index])));
  const sorted = members
    .map(({ bundle: { manifest }, group }) => ({ id: manifest.id, requires: manifest.requires, group }))
    .sort((a, b) => positionOf(position, a.id) - positionOf(position, b.id) || (a.id < b.id ? -1 : 1));
  const plan = planStarts(sorted);
  const groups = new Map(sorted.map(({ id, group }) => [id, group]));
  const tree = buildTree(
    specs,
    allPlugins(plan).map((id) => ({ id, group: groups.get(id) ?? rootGroup })),
    plan,
  );
  return { plan, tree, groups, after: precedence(tree, plan) };
}

function positionOf(position: ReadonlyMap<string, number>, id: string): number {
  return position.get(id) ?? Number.MAX_SAFE_INTEGER;
}

/** The child specifications of a subtree. */
export function childSpecs({ children }: Subtree, members: readonly Member[]): readonly ChildSpec[] {
  const known = new Map(members.map((member) => [member.bundle.manifest.id, member]));
  const specsOf = (subtree: Subtree): readonly ChildSpec[] =>
    subtree.children.flatMap((child): ChildSpec[] => {
      const { id, after } = child;
      if (child.kind === 'supervisor') {
        const { spec } = child.subtree;
        const { significant } = spec;
        return [{ kind: 'supervisor', id, after, significant, spec, children: specsOf(child.subtree) }];
      }
      const member = known.get(id);
      return member === undefined ? [] : [{ kind: 'plugin', id, after, ...member }];
    });
  return specsOf({ spec: defaultRootSpec, children });
}

/** The errors of queued plugins whose requirements do not start. */
export function rejections(
  rejected: StartDecisions['reject'],
  summaryOf: PluginSummaryOf,
): readonly { readonly id: string; readonly error: PluginError }[] {
  const errors = new Map<string, PluginError>();
  for (const { id, lacks } of rejected)
    errors.set(id, requirementUnmet(id, lacks, errors.get(lacks) ?? summaryOf(lacks).error));
  return [...errors].map(([id, error]) => ({ id, error }));
}

/** REQUIREMENT_UNMET: the plugin cannot start, as one that it requires does not. */
export function requirementUnmet(
  plugin: string,
  requirement: string,
  cause: PluginError | null,
): PluginError {
  return new PluginError({
    code: 'REQUIREMENT_UNMET',
    plugin,
    message: `The plugin requires ${requirement}, which does not start: ${cause === null ? 'it was stopped.' : rootCause(cause).message}`,
    hint: cause?.hint ?? `Activate ${requirement} first.`,
    facts: { requirement },
    ...(cause !== null && { cause }),
  });
}

/** What is behind a chain of unmet requirements: a message with all of them would grow with the chain. */
function rootCause(error: PluginError): PluginError {
  let root = error;
  while (root.code === 'REQUIREMENT_UNMET' && isPluginError(root.cause)) root = root.cause;
  return root;
}
