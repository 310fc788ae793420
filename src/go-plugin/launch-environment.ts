import type { HandshakeConfig } from '../model/index.js';

/** The variables of the protocol. A plugin may learn them from its own host only. */
export const protocolVariables = [
  'PLUGIN_MIN_PORT',
  'PLUGIN_MAX_PORT',
  'PLUGIN_PROTOCOL_VERSIONS',
  'PLUGIN_MULTIPLEX_GRPC',
  'PLUGIN_CLIENT_CERT',
  'PLUGIN_UNIX_SOCKET_DIR',
  'PLUGIN_UNIX_SOCKET_GROUP',
] as const;

/**
 * Tells whose process this is: `<environment>.<process>.<plugin>.<generation>`. It is handed on to whatever the plugin
 * starts, so that its host finds that again wherever it goes.
 */
export const tokenVariable = 'ESPALIER_TOKEN';

/**
 * Tells a plugin that it is to live on without its host, if that dies. Those that look whether it is there, as the Python
 * helper does, then do not.
 */
export const outlivesHostVariable = 'ESPALIER_OUTLIVES_HOST';

/**
 * What a program needs to find others, its user's home, its language and a place for temporary files. Left out on
 * purpose: SHELL (for people, not programs), PYTHONPATH, PYTHONHOME, VIRTUAL_ENV and NODE_OPTIONS (they bend the
 * interpreter of the bundle), LD_* and DYLD_*, proxies and agents' sockets (they carry the host's credentials).
 * A star at the end stands for any ending.
 */
export const minimalVariables: readonly string[] = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME'],
  ...['LANG', 'LANGUAGE', 'LC_*', 'TZ'],
  ...['TMPDIR', 'TEMP', 'TMP'],
  // Without SYSTEMROOT no socket can be opened on Windows; the others lead to programs and to the user's folders.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT'],
  ...['USERNAME', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA'],
];

/** Which of the host's own variables a plugin gets: a few, all, or the named ones (`LC_*` names a family). */
export type InheritEnv = 'minimal' | 'all' | readonly string[];

export interface LaunchEnvironmentInput {
  /** The environment of the host itself. */
  readonly host: Readonly<Record<string, string | undefined>>;
  readonly inherit: InheritEnv;
  /** What the manifest and the embedder set. */
  readonly user: Readonly<Record<string, string>>;
  readonly handshake: HandshakeConfig;
  readonly socketDirectory?: string | undefined;
  readonly minPort?: number | undefined;
  readonly maxPort?: number | undefined;
  readonly multiplexing?: boolean | undefined;
  readonly clientCertificatePem?: string | undefined;
  readonly unixSocketGroup?: string | undefined;
  /** See {@link tokenVariable}. */
  readonly token?: string | undefined;
  /** See {@link outlivesHostVariable}. */
  readonly outlivesHost?: boolean | undefined;
  /** Node's `process.platform`. On `win32` the case of a name does not matter; everywhere else it does. */
  readonly platform?: string | undefined;
}

/**
 * The whole environment of a plugin's process: the host's variables, then the user's, then the protocol's, a later one
 * replacing an earlier one. (The reference host lets its own environment win over the user's.)
 */
export function launchEnvironment(input: LaunchEnvironmentInput): Record<string, string> {
  const fold = input.platform === 'win32' ? (name: string) => name.toUpperCase() : (name: string) => name;
  const inherited = inheritedVariables(input.host, input.inherit, fold);
  const merged = new Map(
    [...inherited, ...Object.entries(input.user)].map((entry) => [fold(entry[0]), entry]),
  );
  // What this host does not offer must not be offered in its name: a plugin that finds somebody else's
  // PLUGIN_CLIENT_CERT or PLUGIN_MULTIPLEX_GRPC would speak TLS or yamux to a host that does not.
  // A host that is itself a plugin has a token of its own, by which its host would find ours.
  for (const name of [...protocolVariables, tokenVariable, outlivesHostVariable]) merged.delete(name);
  for (const entry of protocolEntries(input)) merged.set(fold(entry[0]), entry);
  return Object.fromEntries(merged.values());
}

function inheritedVariables(
  host: LaunchEnvironmentInput['host'],
  inherit: InheritEnv,
  fold: (name: string) => string,
): [string, string][] {
  const names = inherit === 'minimal' ? minimalVariables : inherit;
  const wanted = names === 'all' ? () => true : nameMatcher(names.map(fold));
  return Object.entries(host).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && wanted(fold(entry[0])),
  );
}

function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const families = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (name) => exact.has(name) || families.some((family) => name.startsWith(family));
}

function protocolEntries(input: LaunchEnvironmentInput): [string, string][] {
  const { handshake, minPort = 10_000, maxPort = 25_000 } = input;
  const always: [string, string][] = [
    [handshake.cookieKey, handshake.cookieValue],
    ['PLUGIN_MIN_PORT', String(minPort)],
    ['PLUGIN_MAX_PORT', String(maxPort)],
    ['PLUGIN_PROTOCOL_VERSIONS', handshake.protocolVersions.join(',')],
  ];
  const whenOffered: [string, string][] = [
    // Go plugins print field 7 for any value that is not empty, so "false" would not do.
    ['PLUGIN_MULTIPLEX_GRPC', input.multiplexing === true ? 'true' : ''],
    ['PLUGIN_CLIENT_CERT', input.clientCertificatePem ?? ''],
    ['PLUGIN_UNIX_SOCKET_DIR', input.socketDirectory ?? ''],
    ['PLUGIN_UNIX_SOCKET_GROUP', input.unixSocketGroup ?? ''],
    [tokenVariable, input.token ?? ''],
    [outlivesHostVariable, input.outlivesHost === true ? '1' : ''],
  ];
  return [...always, ...whenOffered.filter(([, value]) => value !== '')];
}
