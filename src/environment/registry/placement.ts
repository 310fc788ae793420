import {
  PluginError,
  rootGroup,
  type Bundle,
  type PluginErrorCode,
  type SupervisionPolicy,
  type SupervisorSpec,
} from '../../model/index.js';
import { planStarts, type UnmetRequirement } from '../../policy/index.js';

/** A bundle, and how its plugin would be looked after. */
export interface Candidate {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
}

/** The group that a plugin belongs to: the embedder's word goes over the manifest's. */
export function groupOf({ manifest }: Bundle, specs: readonly SupervisorSpec[]): string {
  const claiming = specs.find(({ members }) => members.includes(manifest.id));
  return claiming?.name ?? manifest.group ?? rootGroup;
}

/** Why some of these plugins cannot have a place in the tree, by their ids. */
export function placementProblems(
  candidates: readonly Candidate[],
  specs: readonly SupervisorSpec[],
): ReadonlyMap<string, PluginError> {
  const problems = new Map<string, PluginError>();
  for (const { bundle, policy } of candidates) {
    const problem = groupProblem(bundle, specs) ?? significanceProblem(bundle, policy);
    if (problem !== null) problems.set(bundle.manifest.id, problem);
  }
  const placed = candidates.filter(({ bundle }) => !problems.has(bundle.manifest.id));
  const plan = planStarts(placed.map(({ bundle: { manifest } }) => manifest));
  for (const { bundle } of placed) {
    const unmet = plan.unmet.get(bundle.manifest.id);
    if (unmet === undefined) continue;
    // One that is there and has a problem of its own is not missing.
    const isThere = unmet.kind === 'missing' && problems.has(unmet.missing);
    const why: UnmetRequirement = isThere ? { kind: 'unmet', requirement: unmet.missing } : unmet;
    problems.set(bundle.manifest.id, requirementProblem(bundle.manifest.id, why));
  }
  return problems;
}

function groupProblem(bundle: Bundle, specs: readonly SupervisorSpec[]): PluginError | null {
  const group = groupOf(bundle, specs);
  if (specs.some(({ name }) => name === group)) return null;
  return invalid(bundle, 'MANIFEST_INVALID', {
    message: `The plugin belongs to the group ${group}, which the environment does not have.`,
    hint: `Name it in the environment's groups, or one of these in the manifest: ${specs.map(({ name }) => name).join(', ')}.`,
    facts: { group },
  });
}

function significanceProblem(bundle: Bundle, { restart }: SupervisionPolicy): PluginError | null {
  if (bundle.manifest.significant !== true || restart.restart !== 'permanent') return null;
  return invalid(bundle, 'MANIFEST_INVALID', {
    message: 'The plugin is significant and permanent: one that is always restarted never ends by itself.',
    hint: 'Set supervision.restart.restart to transient or temporary, or leave significant out.',
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

/** Why a plugin can never be started, as an error. */
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
        `The plugin requires ${unmet.missing}, which the environment does not have.`,
        `Install ${unmet.missing}, or take it out of requires.`,
      ];
    case 'cycle':
      return [
        `The plugin requires itself: ${unmet.cycle.join(' → ')}.`,
        'Take one of these out of the requires of the one before it.',
      ];
    case 'unmet':
      return [
        `The plugin requires ${unmet.requirement}, which cannot be run.`,
        `See why ${unmet.requirement} is invalid.`,
      ];
  }
}
