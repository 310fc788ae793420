import { supervisionProblems } from '../../bundle/index.js';
import {
  PluginError,
  type Bundle,
  type SupervisionOptions,
  type SupervisionPolicy,
} from '../../model/index.js';
import { composePolicy } from '../../policy/index.js';

/** Whether a supervision changes no number at all. */
export function isEmptySupervision(supervision: SupervisionOptions): boolean {
  const isNothing = (value: unknown): boolean =>
    value === undefined ||
    (typeof value === 'object' && value !== null && Object.values(value).every(isNothing));
  return isNothing(supervision);
}

/**
 * The policy of a plugin from what the environment's options, its manifest and then an operator say.
 *
 * @throws PluginError CONFIG_INVALID when the operator's numbers are not usable.
 */
export function operatorPolicy(
  options: SupervisionOptions | undefined,
  { manifest }: Bundle,
  supervision: SupervisionOptions,
): SupervisionPolicy {
  const problems = supervisionProblems(supervision);
  if (problems.length === 0) return composePolicy(options, manifest.supervision, supervision);
  throw new PluginError({
    code: 'CONFIG_INVALID',
    plugin: manifest.id,
    message: `The policy for ${manifest.id} is not usable: ${problems.join('; ')}.`,
    hint: 'See docs/restarts.md for the numbers and what each one takes.',
    facts: { problems },
  });
}
