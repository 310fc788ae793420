import { problemsOf } from '../../bundle/index.js';
import { PluginError } from '../../model/index.js';
import type { EnvironmentOptions, MtlsOptions } from './environment-options.js';
import { groupsProblems } from './group-options.js';
import { optionsSchema } from './options-schema.js';
import { defaultPorts } from './socket-options.js';

/** Checks what an embedder gave as the options: each problem as the path of an option and a sentence. */
export function optionProblems(options: unknown): readonly string[] {
  const problems = problemsOf(optionsSchema, options);
  // Whether options go together is only known of options that are valid each.
  return problems.length > 0 ? problems : combinationProblems(options as EnvironmentOptions);
}

/** The error of options that are not usable. */
export function optionsError(problems: readonly string[]): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The environment's options are not usable: ${problems.join('; ')}.`,
    hint: 'docs/embedding.md lists the options; the docstrings of EnvironmentOptions describe their values.',
    facts: { problems },
  });
}

/** The option `mtls` in its long form. */
export function mtlsOptions({ mtls = {} }: EnvironmentOptions): MtlsOptions {
  return typeof mtls === 'string' ? { mode: mtls } : mtls;
}

function combinationProblems(options: EnvironmentOptions): string[] {
  const { pluginDir, bundles, programs, lockFile, tcp } = options;
  const { minPort = defaultPorts.minPort, maxPort = defaultPorts.maxPort } = tcp ?? {};
  const problems: string[] = [];
  if ((pluginDir ?? bundles ?? programs) === undefined)
    problems.push('pluginDir, bundles or programs must be given');
  if (lockFile === true && pluginDir === undefined)
    problems.push('lockFile: true needs a pluginDir; without one, give the path of the file');
  if (minPort > maxPort) problems.push(`tcp.minPort (${minPort}) must not be above tcp.maxPort (${maxPort})`);
  return [...problems, ...versionProblems(options), ...tlsProblems(options), ...groupsProblems(options)];
}

function versionProblems({ versions, handshake }: EnvironmentOptions): string[] {
  if (versions === undefined) return [];
  const problems: string[] = [];
  const offered = Object.keys(versions);
  if (offered.length === 0 || !offered.every((version) => /^\d{1,15}$/.test(version)))
    problems.push('versions must have at least one whole number from 0 as its key, and nothing else');
  if (handshake?.protocolVersions !== undefined)
    problems.push(
      'versions and handshake.protocolVersions exclude each other: the keys of versions are the versions to offer',
    );
  return problems;
}

function tlsProblems(options: EnvironmentOptions): string[] {
  const { tls, mtls } = options;
  if (tls === undefined) return [];
  const problems: string[] = [];
  if (mtls !== undefined && mtlsOptions(options).mode !== 'off')
    problems.push('tls and mtls exclude each other: tls uses your own certificates');
  if ((tls.certificate === undefined) !== (tls.privateKey === undefined))
    problems.push('tls.certificate and tls.privateKey must be given together');
  return problems;
}
