/**
 * Identifies the process: `<environment>.<process>.<plugin>.<generation>`. Every process that the plugin starts inherits
 * it, so that the host finds those that left the process group.
 */
export const tokenVariable = 'ESPALIER_TOKEN';

/**
 * Set to `1` for a plugin that has to survive the death of its host. One that watches its host, as the Python helper
 * does, then stops doing so.
 */
export const outlivesHostVariable = 'ESPALIER_OUTLIVES_HOST';

/**
 * The host's variables that a plugin gets by default: what a program needs to find others, its user's home, its language
 * and a directory for temporary files. A star at the end stands for any ending. Left out on purpose: SHELL (for people,
 * not programs), PYTHONPATH, PYTHONHOME, VIRTUAL_ENV and NODE_OPTIONS (they change the interpreter of the bundle), LD_*
 * and DYLD_*, proxies and the sockets of agents (they carry credentials of the host).
 */
export const minimalVariables: readonly string[] = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME'],
  ...['LANG', 'LANGUAGE', 'LC_*', 'TZ'],
  ...['TMPDIR', 'TEMP', 'TMP'],
  // Without SYSTEMROOT no socket can be opened on Windows; the others lead to programs and to the user's folders.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT'],
  ...['USERNAME', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA'],
];

/** Which variables of the host a plugin gets: {@link minimalVariables}, all, or the named ones (`LC_*` names a family). */
export type InheritEnv = 'minimal' | 'all' | readonly string[];

/** The sources of a plugin's environment. */
export interface LaunchEnvironmentInput {
  /** The environment of the host itself. */
  readonly host: Readonly<Record<string, string | undefined>>;
  readonly inherit: InheritEnv;
  /** The variables of the embedder and of the manifest. */
  readonly user: Readonly<Record<string, string>>;
  /** The variables of the plugin protocol; `undefined` removes one. */
  readonly protocol: Readonly<Record<string, string | undefined>>;
  /** See {@link tokenVariable}. */
  readonly token?: string | undefined;
  /** See {@link outlivesHostVariable}. */
  readonly outlivesHost?: boolean | undefined;
  /** Node's `process.platform`. Only on `win32` do names have no case. */
  readonly platform?: string | undefined;
}

/**
 * The whole environment of a plugin's process: the host's variables, then the user's, then the protocol's and our own; a
 * later one replaces an earlier one. (go-plugin's host lets its own environment replace the user's.)
 */
export function launchEnvironment(input: LaunchEnvironmentInput): Record<string, string> {
  const fold = input.platform === 'win32' ? (name: string) => name.toUpperCase() : (name: string) => name;
  const merged = new Map<string, readonly [string, string]>();
  const own = {
    ...input.protocol,
    // A host that is itself a plugin has a token of its own, by which its own host would find our plugins.
    [tokenVariable]: input.token,
    [outlivesHostVariable]: input.outlivesHost === true ? '1' : undefined,
  };
  for (const source of [inheritedVariables(input.host, input.inherit, fold), input.user, own])
    for (const [name, value] of Object.entries(source)) {
      if (value === undefined) merged.delete(fold(name));
      else merged.set(fold(name), [name, value]);
    }
  return Object.fromEntries(merged.values());
}

function inheritedVariables(
  host: LaunchEnvironmentInput['host'],
  inherit: InheritEnv,
  fold: (name: string) => string,
): Record<string, string | undefined> {
  const names = inherit === 'minimal' ? minimalVariables : inherit;
  const isInherited = names === 'all' ? () => true : nameMatcher(names.map(fold));
  return Object.fromEntries(Object.entries(host).filter(([name]) => isInherited(fold(name))));
}

function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const families = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (name) => exact.has(name) || families.some((family) => name.startsWith(family));
}
