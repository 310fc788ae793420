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
  readonly startConcurrency?: number | undefined;
}

const strategies = ['one-for-one', 'one-for-all', 'rest-for-one'];
const autoShutdowns = ['never', 'any-significant', 'all-significant'];
const groupOptionKeys = [
  'strategy',
  'intensity',
  'periodMs',
  'autoShutdown',
  'parent',
  'significant',
  'members',
  'backoff',
  'halfOpenAfterMs',
];
const maxTimerMs = 2 ** 31 - 1;

/** The rules of every supervisor: those of the root first. */
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

/** What is wrong with the groups of the options, each as a sentence. */
export function groupOptionProblems(options: GroupedOptions): readonly string[] {
  const { groups = {}, startConcurrency } = options;
  const problems: string[] = [];
  if (startConcurrency !== undefined && !(startConcurrency >= 1))
    problems.push('startConcurrency must be at least 1');
  for (const [name, group] of Object.entries(groups))
    problems.push(...problemsOf(group).map((problem) => `groups.${name}${problem}`));
  if (problems.length > 0) return problems;
  return [...groupProblems(groupSpecs({ groups })), ...memberProblems(groups)];
}

function problemsOf(group: GroupOptions): string[] {
  if (typeof group !== 'object') return [' must be an object'];
  const { strategy = 'one-for-one', autoShutdown = 'never', parent, members = [], intensity } = group;
  const problems = Object.keys(group)
    .filter((key) => !groupOptionKeys.includes(key))
    .map((key) => `.${key} is not known; known are ${groupOptionKeys.join(', ')}`);
  if (!strategies.includes(strategy)) problems.push(`.strategy must be one of ${strategies.join(', ')}`);
  if (!autoShutdowns.includes(autoShutdown))
    problems.push(`.autoShutdown must be one of ${autoShutdowns.join(', ')}`);
  if (parent !== undefined && typeof parent !== 'string')
    problems.push('.parent must be the name of a group');
  if (!Array.isArray(members) || !members.every((id) => typeof id === 'string'))
    problems.push('.members must be a list of plugin ids');
  if (intensity !== undefined && intensity !== null && !(Number.isSafeInteger(intensity) && intensity >= 0))
    problems.push('.intensity must be a whole number of at least 0, or null');
  const times = { periodMs: group.periodMs, halfOpenAfterMs: group.halfOpenAfterMs ?? undefined };
  for (const [key, value] of Object.entries({ ...times, ...group.backoff }))
    if (typeof value === 'number' && !(value >= 0 && value <= maxTimerMs))
      problems.push(`.${key} must be between 0 and ${maxTimerMs}`);
  return problems;
}

function memberProblems(groups: Readonly<Record<string, GroupOptions>>): string[] {
  const { [rootGroup]: root } = groups;
  const problems = root?.parent === undefined ? [] : ['groups.root.parent: nothing is above the root'];
  const claimed = new Map<string, string>();
  for (const [name, { members = [] }] of Object.entries(groups))
    for (const id of members.map((member) => member.toLowerCase())) {
      const other = claimed.get(id);
      if (other !== undefined) problems.push(`groups: ${id} is a member of both ${other} and ${name}`);
      claimed.set(id, name);
    }
  return problems;
}
