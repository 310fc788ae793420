import type { ManualTls, OrphanMode, SinkOptions } from '../../effects/index.js';
import type { Curve } from '../../go-plugin/index.js';
import type {
  GroupOptions,
  HandshakeConfig,
  InspectionListener,
  InspectionObserver,
  Logger,
  ResourceLimits,
  StdinMode,
  SupervisionOptions,
} from '../../model/index.js';
import type { ProgramOptions } from './program-options.js';
import type { TcpOptions, UnixSocketOptions } from './socket-options.js';
import type { VersionedServices } from './versioned-services.js';

/** The options of an environment. One of `pluginDir`, `bundles` and `programs` is needed; the rest has defaults. */
export interface EnvironmentOptions {
  /** A directory; each subdirectory with a manifest is a bundle. */
  readonly pluginDir?: string | undefined;
  /** The directories of single bundles, in addition to or instead of `pluginDir`. */
  readonly bundles?: readonly string[] | undefined;
  /** Plugins that are programs without a manifest. */
  readonly programs?: readonly ProgramOptions[] | undefined;
  /** The magic cookie and the application versions. Default: {@link defaultHandshake}. */
  readonly handshake?: Partial<HandshakeConfig> | undefined;
  /**
   * Instead of `handshake.protocolVersions`: the application versions to offer, each with its services by name. The
   * plugin chooses the version; `plugin(id).dispense(name)` then creates a client from its set.
   */
  readonly versions?: VersionedServices | undefined;
  /** How plugins are supervised: a preset, and values that override it. A manifest's `supervision` overrides both. */
  readonly policy?: SupervisionOptions | undefined;
  /**
   * Groups of plugins by name, each with its own supervisor. `root` is the top of the tree; its default is one-for-one
   * without a restart intensity. See docs/supervision-tree.md.
   */
  readonly groups?: Readonly<Record<string, GroupOptions>> | undefined;
  /** How many plugins may start at a time. Default: twice the number of processors. */
  readonly startConcurrency?: number | undefined;
  /** Environment variables for every plugin. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Which environment variables of the host plugins inherit. Default `minimal`. */
  readonly inheritEnv?: 'minimal' | 'all' | readonly string[] | undefined;
  /**
   * Mutual TLS with a new certificate for each process (go-plugin's AutoMTLS): `auto` offers it and also accepts a
   * plaintext plugin, `required` rejects a plaintext plugin, `off` does not offer it. Default `auto`.
   */
  readonly mtls?: MtlsMode | MtlsOptions | undefined;
  /**
   * One socket for all connections with a plugin, the brokered ones included (go-plugin's GRPCBrokerMultiplex): `auto`
   * uses it when the plugin supports it, `required` rejects a plugin that does not, `off` does not offer it. Meant for
   * plugins with a single reachable socket, for example in a container; it costs throughput. Default `off`.
   */
  readonly multiplex?: MultiplexMode | undefined;
  /**
   * The stdin of plugins: `ignore` is empty, `inherit` is that of the host. Several readers of one stdin each get only a
   * part of it, so use `inherit` for a single plugin in a host that does not read stdin. Default `ignore`.
   */
  readonly stdin?: StdinMode | undefined;
  /** Where the unix sockets of plugins are, and who may connect. Default: a private directory of the host's user. */
  readonly unixSocket?: UnixSocketOptions | undefined;
  /** The port range of plugins that listen on TCP. Default: 10000 to 25000. */
  readonly tcp?: TcpOptions | undefined;
  /** TLS with your own certificates, instead of `mtls`; for plugins that have theirs. Default: none. */
  readonly tls?: ManualTls | undefined;
  /**
   * The lock file of `espalier lock`: a path, or `true` for `plugins.lock.json` in `pluginDir`. A bundle that is not in
   * it, or has other checksums, cannot be started. Every scan reads it. Default: no lock file.
   */
  readonly lockFile?: boolean | string | undefined;
  /** The semantic version to compare with `min_server_version` of each manifest. Default: not compared. */
  readonly hostVersion?: string | undefined;
  /** The logger of status changes and of the plugins' own log records. Default: none. */
  readonly logger?: Logger | undefined;
  /**
   * Streams that receive the exact bytes that plugins print, in addition to the log records. A stream that fails or is
   * too slow does not block the plugin; a log record reports it. Default: none.
   */
  readonly sinks?: SinkOptions | undefined;
  /**
   * The resource limits of each plugin's process. Of a limit here and in a manifest the smaller one is used. They need
   * Linux with util-linux; elsewhere the plugin starts without them, and a log record of the source `host` reports it.
   * Default: no limits.
   */
  readonly limits?: ResourceLimits | undefined;
  /**
   * What happens to plugins when the host crashes or is killed by SIGKILL. `end`: a guardian, one small process for all
   * environments of the host, kills them and their children within milliseconds. `keep`: they keep running, and no later
   * host reaps them. Default `end`.
   */
  readonly orphans?: OrphanMode | undefined;
  /**
   * Whether to kill the plugins and remove the sockets of dead hosts when the environment is created. They are found in
   * the parent of this environment's socket directory; those of a running host are left alone. Default `true`.
   */
  readonly reapOrphans?: boolean | undefined;
  /**
   * The state directory: keeps the desired state of each plugin, so that `restore()` of the next host can restore it.
   * With `orphans: 'keep'` the processes survive too. It must be on a local disk, and one environment at a time may use
   * it; it is created if it is missing. See docs/durable-intent.md. Default: none.
   */
  readonly stateDir?: string | undefined;
  /** An XState inspector for the whole tree, for example the Stately one. Default: none. */
  readonly inspect?: InspectionObserver | InspectionListener | undefined;
}

/** The values of the option `mtls`. */
export const mtlsModes = ['auto', 'required', 'off'] as const;

/** Whether AutoMTLS is offered, required or off. */
export type MtlsMode = (typeof mtlsModes)[number];

/** The values of the option `multiplex`. */
export const multiplexModes = ['auto', 'required', 'off'] as const;

/** Whether multiplexing is offered, required or off. */
export type MultiplexMode = (typeof multiplexModes)[number];

/** The option `mtls` with what else belongs to it. */
export interface MtlsOptions {
  /** Default `auto`. */
  readonly mode?: MtlsMode | undefined;
  /** The curve of the host's keys; a plugin may use another one. Default P-256, because grpcio rejects P-521. */
  readonly curve?: Curve | undefined;
  /**
   * Whether each start tries a connection without the host's certificate, and puts into `status.verifiesHost` whether the
   * plugin refuses it. A plugin that multiplexes is not tried. Default `false`; `required` always tries.
   */
  readonly verify?: boolean | undefined;
}

/** The handshake of plugins that are written for Espalier. */
export const defaultHandshake: HandshakeConfig = {
  cookieKey: 'ESPALIER_PLUGIN',
  cookieValue: 'espalier',
  protocolVersions: [1],
};
