import { defaultRootSpec } from '../../machines/index.js';
import {
  rootGroup,
  type GroupOptions,
  type SupervisionOptions,
  type SupervisorSpec,
} from '../../model/index.js';
import { composePolicy, groupProblems } from '../../policy/index.js';

interface GroupedOptions {
  readonly groups?: Readonly<Record<string, GroupOptions>> | undefined;
  readonly policy?: SupervisionOptions | undefined;
}

/** The spec of every supervisor, with the defaults filled in; the root's comes first. */
export function groupSpecs({ groups = {}, policy }: GroupedOptions): readonly SupervisorSpec[] {
  const { backoff, halfOpenAfterMs } = composePolicy(policy).restart;
  const { [rootGroup]: root = {}, ...others } = groups;
  const specOf = (name: string, parent: string | null, options: GroupOptions): SupervisorSpec => ({
    name,
    parent,
    strategy: options.strategy ?? 'one-for-one',
    intensity: options.intensity ?? null,
    periodMs: options.periodMs ?? defaultRootSpec.periodMs,
    autoShutdown: options.autoShutdown ?? 'never',
    significant: options.significant ?? false,
    members: (options.members ?? []).map((id) => id.toLowerCase()),
    backoff: { ...backoff, ...options.backoff },
    halfOpenAfterMs: options.halfOpenAfterMs === undefined ? halfOpenAfterMs : options.halfOpenAfterMs,
  });
  return [
    specOf(rootGroup, null, root),
    ...Object.entries(others).map(([name, options]) => specOf(name, options.parent ?? rootGroup, options)),
  ];
}

/** Checks how groups of valid options fit together: each problem as the path of a field and a sentence. */
export function groupsProblems({ groups = {} }: GroupedOptions): readonly string[] {
  return [...groupProblems(groupSpecs({ groups })), ...memberProblems(groups)];
}

function memberProblems(groups: Readonly<Record<string, GroupOptions>>): string[] {
  const { [rootGroup]: root } = groups;
  const problems = root?.parent === undefined ? [] : ['groups.root.parent: the root has no parent'];
  const groupOf = new Map<string, string>();
  for (const [name, { members = [] }] of Object.entries(groups))
    for (const id of members.map((member) => member.toLowerCase())) {
      const other = groupOf.get(id);
      if (other !== undefined) problems.push(`groups: ${id} is a member of both ${other} and ${name}`);
      groupOf.set(id, name);
    }
  return problems;
}
