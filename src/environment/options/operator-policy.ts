import { supervisionProblems } from '../../bundle/index.js';
import {
  PluginError,
  type Bundle,
  type SupervisionOptions,
  type SupervisionPolicy,
} from '../../model/index.js';
import { composePolicyFor } from '../../policy/index.js';

/** Whether supervision options set no value at all. */
export function isEmptySupervision(supervision: SupervisionOptions): boolean {
  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    (typeof value === 'object' && value !== null && Object.values(value).every(isEmpty));
  return isEmpty(supervision);
}

/**
 * The policy of a plugin: the environment's options, overridden by its manifest, overridden by the operator's setting.
 *
 * @throws PluginError CONFIG_INVALID when a value of the operator's setting is not usable.
 */
export function operatorPolicy(
  options: SupervisionOptions | undefined,
  { manifest, runtime }: Bundle,
  supervision: SupervisionOptions,
): SupervisionPolicy {
  const problems = supervisionProblems(supervision);
  if (problems.length === 0) return composePolicyFor(runtime, options, manifest.supervision, supervision);
  throw new PluginError({
    code: 'CONFIG_INVALID',
    plugin: manifest.id,
    message: `The policy for ${manifest.id} is not usable: ${problems.join('; ')}.`,
    hint: 'docs/restarts.md lists the fields of a policy and their ranges.',
    facts: { problems },
  });
}
