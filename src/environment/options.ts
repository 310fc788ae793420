import type { InspectionEvent, Observer } from 'xstate';
import type { LaunchSettings } from '../effects/index.js';
import { PluginError, type HandshakeConfig, type Logger, type Supervision } from '../model/index.js';
import { presets } from '../policy/index.js';
import type { ProgramOptions } from './programs.js';

/** What an embedder says about its environment. Everything but the bundles has a default. */
export interface EnvironmentOptions {
  /** A directory whose subdirectories with a manifest are bundles. */
  readonly pluginDir?: string | undefined;
  /** Single bundle directories, beside or instead of `pluginDir`. */
  readonly bundles?: readonly string[] | undefined;
  /** Plugins that are bare programs without a manifest. */
  readonly programs?: readonly ProgramOptions[] | undefined;
  /** The cookie and the versions. Default: {@link defaultHandshake}. */
  readonly handshake?: Partial<HandshakeConfig> | undefined;
  /** How plugins are looked after: a preset, and numbers over it. A manifest's own `supervision` wins. */
  readonly policy?: Supervision | undefined;
  /** Environment variables for every plugin. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Which of the host's own variables plugins get. Default `minimal`. */
  readonly inheritEnv?: 'minimal' | 'all' | readonly string[] | undefined;
  /** The version that manifests' `min_server_version` is compared with (semver). Default: not compared. */
  readonly hostVersion?: string | undefined;
  /** Where status changes and the plugins' own logs go. Default: nowhere. */
  readonly logger?: Logger | undefined;
  /** An XState inspector for the whole tree, for example the Stately one. Default: none. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void) | undefined;
}

/** The handshake of plugins that are written for Espalier. */
export const defaultHandshake: HandshakeConfig = {
  cookieKey: 'ESPALIER_PLUGIN',
  cookieValue: 'espalier',
  protocolVersions: [1],
};

/** The options with their defaults, checked. Throws CONFIG_INVALID. */
export function resolveOptions(options: EnvironmentOptions) {
  const handshake = { ...defaultHandshake, ...options.handshake };
  const problems = [
    ...bundleProblems(options),
    ...handshakeProblems(handshake),
    ...policyProblems(options.policy),
    ...envProblems(options.env ?? {}),
  ];
  if (problems.length > 0) {
    throw new PluginError({
      code: 'CONFIG_INVALID',
      message: `The environment's options are not usable: ${problems.join('; ')}.`,
      hint: 'See the docstrings of EnvironmentOptions for what each option takes.',
      facts: { problems },
    });
  }
  const settings: LaunchSettings = {
    handshake,
    env: options.env ?? {},
    inheritEnv: options.inheritEnv ?? 'minimal',
    hostEnv: process.env,
  };
  return { ...options, bundles: options.bundles ?? [], programs: options.programs ?? [], settings };
}

export type ResolvedOptions = ReturnType<typeof resolveOptions>;

function bundleProblems({ pluginDir, bundles, programs }: EnvironmentOptions): string[] {
  const given = pluginDir ?? bundles ?? programs;
  return given === undefined ? ['pluginDir, bundles or programs must be given'] : [];
}

function handshakeProblems({ cookieKey, cookieValue, protocolVersions }: HandshakeConfig): string[] {
  const problems: string[] = [];
  if (!/^[^=\0]+$/.test(cookieKey))
    problems.push('handshake.cookieKey must be the name of an environment variable');
  if (cookieValue === '' || cookieValue.includes('\0'))
    problems.push('handshake.cookieValue must not be empty');
  const integers = protocolVersions.every((version) => Number.isSafeInteger(version) && version >= 0);
  if (protocolVersions.length === 0 || !integers) {
    problems.push('handshake.protocolVersions must hold at least one whole number');
  }
  return problems;
}

function policyProblems(policy: Supervision | undefined): string[] {
  const problems: string[] = [];
  const preset = policy?.preset;
  if (preset !== undefined && !(preset in presets)) {
    problems.push(`policy.preset must be one of ${Object.keys(presets).join(', ')}`);
  }
  const numbers = {
    ...policy?.restart,
    ...policy?.restart?.backoff,
    ...policy?.health,
    ...policy?.deadlines,
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === 'number' && !(value >= 0 && value < 2 ** 31)) {
      problems.push(`policy: ${name} must be between 0 and ${2 ** 31 - 1}`);
    }
  }
  const restart = policy?.restart?.restart;
  if (restart !== undefined && !['permanent', 'transient', 'temporary'].includes(restart)) {
    problems.push('policy.restart.restart must be permanent, transient or temporary');
  }
  return problems;
}

function envProblems(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name, value]) => !/^[^=\0]+$/.test(name) || typeof value !== 'string' || value.includes('\0'))
    .map(([name]) => `env: ${JSON.stringify(name)} is not a usable variable`);
}
