import {
  PluginError,
  rootGroup,
  type Bundle,
  type PluginErrorCode,
  type SupervisionPolicy,
  type SupervisorSpec,
} from '../../model/index.js';
import { planStarts, type UnmetRequirement } from '../../policy/index.js';
import { listed } from '../listed.js';

/** A bundle with the policy that its plugin would have. */
export interface Candidate {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
}

/** The group of each plugin: the `members` of the environment's groups override the manifest. */
export type GroupOf = (bundle: Bundle) => string;

/** Finds the groups of plugins. */
export function createGroupOf(specs: readonly SupervisorSpec[]): GroupOf {
  // Of several groups that name a plugin, the first one has it.
  const assigned = new Map(
    specs.toReversed().flatMap(({ name, members }) => members.map((id) => [id, name] as const)),
  );
  return ({ manifest }) => assigned.get(manifest.id) ?? manifest.group ?? rootGroup;
}

/** The errors of the plugins that have no place in the tree, by their ids: unknown group, or unmet requirement. */
export function placementProblems(
  candidates: readonly Candidate[],
  specs: readonly SupervisorSpec[],
  groupOf: GroupOf,
): ReadonlyMap<string, PluginError> {
  const names = new Set(specs.map(({ name }) => name));
  const problems = new Map<string, PluginError>();
  for (const { bundle, policy } of candidates) {
    const problem = groupProblem(groupOf(bundle), bundle, names) ?? significanceProblem(bundle, policy);
    if (problem !== null) problems.set(bundle.manifest.id, problem);
  }
  const placed = candidates.filter(({ bundle }) => !problems.has(bundle.manifest.id));
  const plan = planStarts(placed.map(({ bundle: { manifest } }) => manifest));
  for (const { bundle } of placed) {
    const unmet = plan.unmet.get(bundle.manifest.id);
    if (unmet === undefined) continue;
    // A requirement with its own error is not missing.
    const isPresent = unmet.kind === 'missing' && problems.has(unmet.missing);
    const why: UnmetRequirement = isPresent ? { kind: 'unmet', requirement: unmet.missing } : unmet;
    problems.set(bundle.manifest.id, requirementProblem(bundle.manifest.id, why));
  }
  return problems;
}

function groupProblem(group: string, bundle: Bundle, names: ReadonlySet<string>): PluginError | null {
  if (names.has(group)) return null;
  return invalid(bundle, 'MANIFEST_INVALID', {
    message: `The plugin belongs to the group ${group}, which does not exist in this environment.`,
    hint: `Add it to the option groups, or set group in the manifest to one of: ${listed([...names])}.`,
    facts: { group },
  });
}

function significanceProblem(bundle: Bundle, { restart }: SupervisionPolicy): PluginError | null {
  if (bundle.manifest.significant !== true || restart.restart !== 'permanent') return null;
  return invalid(bundle, 'MANIFEST_INVALID', {
    message:
      'The plugin is significant and permanent, but a permanent plugin is always restarted and never ends by itself.',
    hint: 'Set supervision.restart.restart to transient or temporary, or remove significant.',
    facts: {},
  });
}

function invalid(
  { manifest, manifestPath }: Bundle,
  code: PluginErrorCode,
  { message, hint, facts }: { message: string; hint: string; facts: object },
): PluginError {
  return new PluginError({
    code,
    plugin: manifest.id,
    phase: 'manifest',
    message: manifestPath === '' ? message : `${manifestPath}: ${message}`,
    hint,
    facts: { ...facts },
  });
}

/** The REQUIREMENT_UNMET error of a plugin that cannot be started because of what it requires. */
export function requirementProblem(plugin: string, unmet: UnmetRequirement): PluginError {
  const [message, hint] = messageAndHint(unmet);
  return new PluginError({
    code: 'REQUIREMENT_UNMET',
    plugin,
    phase: 'manifest',
    message,
    hint,
    facts: { ...unmet },
  });
}

function messageAndHint(unmet: UnmetRequirement): readonly [string, string] {
  switch (unmet.kind) {
    case 'missing':
      return [
        `The plugin requires ${unmet.missing}, which does not exist in this environment.`,
        `Install ${unmet.missing}, or remove it from requires.`,
      ];
    case 'cycle':
      return [
        `The plugin requires itself: ${unmet.cycle.join(' → ')}.`,
        'Break the cycle: remove one of these ids from the requires of the plugin before it.',
      ];
    case 'unmet':
      return [
        `The plugin requires ${unmet.requirement}, which cannot be run.`,
        `See the error of ${unmet.requirement}.`,
      ];
  }
}
