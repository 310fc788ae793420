import { availableParallelism } from 'node:os';
import type { InspectionEvent, Observer } from 'xstate';
import type { LaunchSettings, ManualTls, OrphanMode, SinkOptions, TlsSettings } from '../../effects/index.js';
import { checksumForm, parseChecksum, supervisionProblems } from '../../bundle/index.js';
import { curves, type Curve } from '../../go-plugin/index.js';
import {
  minimumLimits,
  PluginError,
  type GroupOptions,
  type HandshakeConfig,
  type Logger,
  type ResourceLimits,
  type StdinMode,
  type SupervisionOptions,
} from '../../model/index.js';
import type { VersionedServices } from '../plugin/dispense.js';
import { groupOptionProblems, groupSpecs } from './group-options.js';
import { lockFilePathOf } from '../bundles/lock-plugins.js';
import type { ProgramOptions } from './program-options.js';
import { socketProblems, tcpProblems, type TcpOptions, type UnixSocketOptions } from './socket-options.js';

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
  /**
   * In the place of `handshake.protocolVersions`: the versions to offer, each with its services by name. A plugin
   * chooses the version; `plugin(id).dispense(name)` then gives a client from its set.
   */
  readonly versions?: VersionedServices | undefined;
  /** How plugins are looked after: a preset, and numbers over it. A manifest's own `supervision` wins. */
  readonly policy?: SupervisionOptions | undefined;
  /**
   * Groups of plugins that are looked after together, by name, each with a supervisor of its own. `root` is the one
   * above all others: one-for-one and without a budget, unless it is said otherwise. See docs/supervision-tree.md.
   */
  readonly groups?: Readonly<Record<string, GroupOptions>> | undefined;
  /** How many plugins may be on their way up at a time. Default: twice the number of processors. */
  readonly startConcurrency?: number | undefined;
  /** Environment variables for every plugin. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Which of the host's own variables plugins get. Default `minimal`. */
  readonly inheritEnv?: 'minimal' | 'all' | readonly string[] | undefined;
  /**
   * Mutual TLS with certificates that live as long as their processes (go-plugin's AutoMTLS): `auto` offers it and
   * uses a plugin without it in the clear, `required` refuses such a plugin, `off` does not offer it. Default `auto`.
   */
  readonly mtls?: MtlsMode | MtlsOptions | undefined;
  /**
   * One socket for every connection with a plugin, the brokered ones included (go-plugin's GRPCBrokerMultiplex): `auto`
   * uses it where the plugin can, `required` refuses a plugin that cannot, `off` does not ask for it. For plugins that
   * only one socket reaches, in a container for example; every byte then takes one step more. Default `off`.
   */
  readonly multiplex?: MultiplexMode | undefined;
  /**
   * What plugins read on stdin: nothing, or what the host reads. Several readers of one stdin take the bytes from each
   * other, so `inherit` is for a single plugin in a host that does not read itself. Default `ignore`.
   */
  readonly stdin?: StdinMode | undefined;
  /** Where plugins' unix sockets lie, and who may reach them. Default: a private directory of the host's user. */
  readonly unixSocket?: UnixSocketOptions | undefined;
  /** The ports of plugins that listen on TCP. Default: 10000 to 25000. */
  readonly tcp?: TcpOptions | undefined;
  /** TLS with certificates of your own, in the place of `mtls`: for plugins that bring theirs. Default: none. */
  readonly tls?: ManualTls | undefined;
  /**
   * Start nothing of `pluginDir` and `bundles` that the lock file of `espalier lock` does not know: `true` for
   * `plugins.lock.json` in `pluginDir`, or a path. It is read now and by every scan. Default: no lock.
   */
  readonly lockFile?: boolean | string | undefined;
  /** The version that manifests' `min_server_version` is compared with (semver). Default: not compared. */
  readonly hostVersion?: string | undefined;
  /** Where status changes and the plugins' own logs go. Default: nowhere. */
  readonly logger?: Logger | undefined;
  /**
   * Streams that get the bytes plugins print, exactly and beside the logs. A stream that fails or is too slow does not
   * hold up its plugin: the log says so. Default: none.
   */
  readonly sinks?: SinkOptions | undefined;
  /**
   * What each plugin's process may take of the machine (Linux with util-linux; where they cannot be set, the plugin is
   * started without, and a log entry of the source `host` says so). Of a limit here and one in a manifest, the smaller
   * one counts. Default: no limits.
   */
  readonly limits?: ResourceLimits | undefined;
  /**
   * What becomes of plugins whose host is killed by SIGKILL or crashes. `end`: a guardian, one small process for all
   * environments of this one, ends them within milliseconds, and what they have started too. `keep`: they may live on,
   * and no later host sweeps them. Default `end`.
   */
  readonly orphans?: OrphanMode | undefined;
  /**
   * Whether plugins and sockets that an earlier host has left are looked for at the creation, in the directory where
   * this environment makes its own, and ended. Those of a living host are never touched. Default `true`.
   */
  readonly reapOrphans?: boolean | undefined;
  /**
   * A directory on a local disk, of this environment alone, in which what is wanted of each plugin survives the host:
   * `restore()` of the next one brings it back. With `orphans: 'keep'`, so do the processes. Made where it is missing.
   * See docs/durable-intent.md. Default: none, nothing survives.
   */
  readonly stateDir?: string | undefined;
  /** An XState inspector for the whole tree, for example the Stately one. Default: none. */
  readonly inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void) | undefined;
}

export const mtlsModes = ['auto', 'required', 'off'] as const;

const sinkNames: readonly string[] = ['stdout', 'stderr', 'rawStderr'] satisfies (keyof SinkOptions)[];
const orphanModes: readonly OrphanMode[] = ['end', 'keep'];
const stdinModes: readonly StdinMode[] = ['ignore', 'inherit'];

export const multiplexModes = ['auto', 'required', 'off'] as const;

export type MultiplexMode = (typeof multiplexModes)[number];

export type MtlsMode = (typeof mtlsModes)[number];

export interface MtlsOptions {
  /** Default `auto`. */
  readonly mode?: MtlsMode | undefined;
  /** The curve of the host's keys. Default P-256: plugins on grpcio refuse P-521. Theirs may be any. */
  readonly curve?: Curve | undefined;
}

/** The handshake of plugins that are written for Espalier. */
export const defaultHandshake: HandshakeConfig = {
  cookieKey: 'ESPALIER_PLUGIN',
  cookieValue: 'espalier',
  protocolVersions: [1],
};

/** The options with their defaults, checked. Throws CONFIG_INVALID. */
export function resolveOptions(options: EnvironmentOptions) {
  const { versions } = options;
  const handshake = { ...defaultHandshake, ...offeredVersions(versions), ...options.handshake };
  const problems = [
    ...bundleProblems(options),
    ...handshakeProblems(handshake),
    ...versionProblems(options),
    ...policyProblems(options),
    ...groupOptionProblems(options),
    ...envProblems(options.env ?? {}),
    ...tlsProblems(options),
    ...multiplexProblems(options),
    ...checksumProblems(options),
    ...stdinProblems(options),
    ...sinkProblems(options),
    ...orphanProblems(options),
    ...stateProblems(options),
    ...limitProblems(options),
    ...socketProblems(options.unixSocket ?? {}),
    ...tcpProblems(options.tcp ?? {}),
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
    tls: tlsSettings(options),
    multiplex: options.multiplex ?? 'off',
    stdin: options.stdin ?? 'ignore',
    limits: options.limits ?? {},
    outlivesHost: options.stateDir !== undefined && options.orphans === 'keep',
    socketGroup: options.unixSocket?.group?.toString(),
    ports: { minPort: options.tcp?.minPort, maxPort: options.tcp?.maxPort },
  };
  return {
    ...options,
    bundles: options.bundles ?? [],
    programs: options.programs ?? [],
    versions: versions ?? {},
    specs: groupSpecs(options),
    startConcurrency: options.startConcurrency ?? 2 * availableParallelism(),
    lockFile: lockFilePath(options),
    orphans: options.orphans ?? 'end',
    sweep: options.reapOrphans ?? true,
    settings,
  };
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

function offeredVersions(versions: VersionedServices | undefined): Partial<HandshakeConfig> {
  return versions === undefined ? {} : { protocolVersions: Object.keys(versions).map(Number) };
}

function versionProblems({ versions, handshake }: EnvironmentOptions): string[] {
  if (versions === undefined) return [];
  const problems: string[] = [];
  if (handshake?.protocolVersions !== undefined)
    problems.push('versions and handshake.protocolVersions exclude each other: versions names them already');
  for (const [version, services] of Object.entries(versions))
    for (const [name, Ctor] of Object.entries(services))
      if (typeof Ctor !== 'function')
        problems.push(`versions: ${name} of ${version} is no client constructor`);
  return problems;
}

function policyProblems({ policy, programs = [] }: EnvironmentOptions): string[] {
  return [
    ...supervisionProblems(policy ?? {}).map((problem) => `policy.${problem}`),
    ...programs.flatMap(({ command, supervision = {} }) =>
      supervisionProblems(supervision).map((problem) => `the supervision of ${command}: ${problem}`),
    ),
  ];
}

function envProblems(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name, value]) => !/^[^=\0]+$/.test(name) || typeof value !== 'string' || value.includes('\0'))
    .map(([name]) => `env: ${JSON.stringify(name)} is not a usable variable`);
}

function multiplexProblems({ multiplex = 'off' }: EnvironmentOptions): string[] {
  return multiplexModes.includes(multiplex) ? [] : [`multiplex must be one of ${multiplexModes.join(', ')}`];
}

function stdinProblems({ stdin, programs = [] }: EnvironmentOptions): string[] {
  const stated = [stdin, ...programs.map((program) => program.stdin)].filter((mode) => mode !== undefined);
  return stated.every((mode) => stdinModes.includes(mode))
    ? []
    : [`stdin must be ${stdinModes.join(' or ')}`];
}

function orphanProblems({ orphans = 'end', reapOrphans = true }: EnvironmentOptions): string[] {
  const problems: string[] = [];
  if (!orphanModes.includes(orphans)) problems.push(`orphans must be ${orphanModes.join(' or ')}`);
  if (typeof reapOrphans !== 'boolean') problems.push('sweep must be true or false');
  return problems;
}

function stateProblems({ stateDir }: EnvironmentOptions): string[] {
  const isPath = stateDir === undefined || (typeof stateDir === 'string' && /^[^\0]+$/.test(stateDir));
  return isPath ? [] : ['stateDir must be the path of a directory'];
}

function limitProblems({ limits = {}, programs = [] }: EnvironmentOptions): string[] {
  const stated = [limits, ...programs.map((program) => program.limits ?? {})].flatMap(Object.entries);
  return stated.flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (!(name in minimumLimits))
      return [`limits.${name} is not one of ${Object.keys(minimumLimits).join(', ')}`];
    const least = minimumLimits[name as keyof typeof minimumLimits];
    return Number.isSafeInteger(value) && (value as number) >= least
      ? []
      : [`limits.${name} must be a whole number of at least ${least}`];
  });
}

function sinkProblems({ sinks = {} }: EnvironmentOptions): string[] {
  return Object.entries(sinks)
    .filter(([name, sink]) => !sinkNames.includes(name) || !isSink(sink))
    .map(([name]) => `sinks.${name} is not one of ${sinkNames.join(', ')} with a stream or a function`);
}

function isSink(sink: unknown): boolean {
  if (sink === undefined || typeof sink === 'function') return true;
  return typeof sink === 'object' && sink !== null && 'write' in sink && typeof sink.write === 'function';
}

function lockFilePath({ lockFile = false, pluginDir }: EnvironmentOptions): string | null {
  if (typeof lockFile === 'string') return lockFilePathOf('.', { file: lockFile });
  return lockFile && pluginDir !== undefined ? lockFilePathOf(pluginDir) : null;
}

function checksumProblems({ lockFile, pluginDir, programs = [] }: EnvironmentOptions): string[] {
  const problems: string[] = [];
  if (lockFile === true && pluginDir === undefined)
    problems.push('lock: true needs a pluginDir; name the file');
  if (lockFile === '') problems.push('lock must not be an empty path');
  for (const { command, checksums } of programs) {
    if (checksums === undefined) continue;
    if (Object.keys(checksums).length === 0) problems.push(`the checksums of ${command} name no file`);
    for (const [file, checksum] of Object.entries(checksums)) {
      if (typeof checksum !== 'string' || parseChecksum(checksum) === null)
        problems.push(`the checksum of ${file} ${checksumForm}`);
    }
  }
  return problems;
}

function mtlsOptions({ mtls = {} }: EnvironmentOptions): MtlsOptions {
  return typeof mtls === 'string' ? { mode: mtls } : mtls;
}

function tlsSettings(options: EnvironmentOptions): TlsSettings {
  if (options.tls !== undefined) return { mode: 'manual', tls: options.tls };
  const { mode = 'auto', curve = 'P-256' } = mtlsOptions(options);
  return mode === 'off' ? { mode } : { mode, curve };
}

function tlsProblems(options: EnvironmentOptions): string[] {
  const { tls } = options;
  const { mode = 'auto', curve = 'P-256' } = mtlsOptions(options);
  const problems: string[] = [];
  if (!mtlsModes.includes(mode)) problems.push(`mtls must be one of ${mtlsModes.join(', ')}`);
  if (!(curve in curves)) problems.push(`mtls.curve must be one of ${Object.keys(curves).join(', ')}`);
  if (tls === undefined) return problems;
  if (options.mtls !== undefined && mode !== 'off')
    problems.push('tls and mtls exclude each other: tls has certificates of your own');
  if (typeof tls.rootCertificates !== 'string' || typeof tls.serverName !== 'string')
    problems.push('tls.rootCertificates and tls.serverName must be given');
  if ((tls.certificate === undefined) !== (tls.privateKey === undefined))
    problems.push('tls.certificate and tls.privateKey must be given together');
  return problems;
}
