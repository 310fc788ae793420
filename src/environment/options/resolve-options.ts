import { availableParallelism } from 'node:os';
import type { LaunchSettings, OrphanMode, TlsSettings } from '../../effects/index.js';
import type { HandshakeConfig, SupervisorSpec } from '../../model/index.js';
import { lockFilePathOf } from '../bundles/lock-plugins.js';
import { defaultHandshake, type EnvironmentOptions } from './environment-options.js';
import { groupSpecs } from './group-options.js';
import { mtlsOptions, optionProblems, optionsError } from './option-problems.js';
import type { ProgramOptions } from './program-options.js';
import type { VersionedServices } from './versioned-services.js';

/** The options of an environment, checked and with their defaults. */
export interface ResolvedOptions extends Omit<EnvironmentOptions, 'lockFile'> {
  readonly bundles: readonly string[];
  readonly programs: readonly ProgramOptions[];
  readonly versions: VersionedServices;
  /** The spec of every supervisor, the root's first. */
  readonly specs: readonly SupervisorSpec[];
  readonly startConcurrency: number;
  /** The absolute path of the lock file, or `null`. */
  readonly lockFile: string | null;
  readonly orphans: OrphanMode;
  readonly reapOrphans: boolean;
  /** What the effects need to start a process. */
  readonly settings: LaunchSettings;
}

/** Checks the options and fills in their defaults. Throws CONFIG_INVALID with all problems in `facts.problems`. */
export function resolveOptions(options: EnvironmentOptions): ResolvedOptions {
  const problems = optionProblems(options);
  if (problems.length > 0) throw optionsError(problems);
  const { versions } = options;
  const handshake = handshakeOf(options);
  return {
    ...options,
    bundles: options.bundles ?? [],
    programs: options.programs ?? [],
    versions: versions ?? {},
    specs: groupSpecs(options),
    startConcurrency: options.startConcurrency ?? 2 * availableParallelism(),
    lockFile: lockFilePath(options),
    orphans: options.orphans ?? 'end',
    reapOrphans: options.reapOrphans ?? true,
    settings: launchSettings(options, handshake),
  };
}

function launchSettings(options: EnvironmentOptions, handshake: HandshakeConfig): LaunchSettings {
  return {
    handshake,
    env: options.env ?? {},
    inheritEnv: options.inheritEnv ?? 'minimal',
    hostEnv: process.env,
    tls: tlsSettings(options),
    multiplex: options.multiplex ?? 'off',
    stdin: options.stdin ?? 'ignore',
    limits: options.limits ?? {},
    outlivesHost: options.stateDir !== undefined && options.orphans === 'keep',
    socketGroup: options.unixSocket?.group?.toString(),
    ports: { minPort: options.tcp?.minPort, maxPort: options.tcp?.maxPort },
  };
}

function handshakeOf({ handshake = {}, versions }: EnvironmentOptions): HandshakeConfig {
  const offered = versions === undefined ? undefined : Object.keys(versions).map(Number);
  return {
    cookieKey: handshake.cookieKey ?? defaultHandshake.cookieKey,
    cookieValue: handshake.cookieValue ?? defaultHandshake.cookieValue,
    protocolVersions: handshake.protocolVersions ?? offered ?? defaultHandshake.protocolVersions,
  };
}

function lockFilePath({ lockFile = false, pluginDir }: EnvironmentOptions): string | null {
  if (typeof lockFile === 'string') return lockFilePathOf('.', { file: lockFile });
  return lockFile && pluginDir !== undefined ? lockFilePathOf(pluginDir) : null;
}

function tlsSettings(options: EnvironmentOptions): TlsSettings {
  if (options.tls !== undefined) return { mode: 'manual', tls: options.tls };
  const { mode = 'auto', curve = 'P-256', verify = false } = mtlsOptions(options);
  return mode === 'off' ? { mode } : { mode, curve, verify: verify || mode === 'required' };
}
