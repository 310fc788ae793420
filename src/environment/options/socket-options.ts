import { createSocketDirectories, groupId, type SocketDirectories } from '../../effects/index.js';

/** Where the unix sockets of plugins are, and who may connect. */
export interface UnixSocketOptions {
  /** The group, by name or number, whose members may connect. Default: only the user of the host. */
  readonly group?: string | number | undefined;
  /** The permissions of the directory of a plugin's socket. Default: 0o700, or 0o770 with a `group`. */
  readonly mode?: number | undefined;
  /** The parent of the private directory. Default: XDG_RUNTIME_DIR, else the directory for temporary files. */
  readonly directory?: string | undefined;
}

/** The range of ports for plugins that listen on TCP. */
export interface TcpOptions {
  /** The lowest port. Default 10000. */
  readonly minPort?: number | undefined;
  /** The highest port. Default 25000. */
  readonly maxPort?: number | undefined;
}

/** The ports of plugins on TCP without the option `tcp`; those of go-plugin. */
export const defaultPorts = { minPort: 10_000, maxPort: 25_000 } as const;

/** Creates the private directory. Rejects with CONFIG_INVALID when that fails or the group is unknown. */
export async function makeSocketDirectories(
  hostEnv: NodeJS.ProcessEnv,
  { group, mode, directory }: UnixSocketOptions = {},
): Promise<SocketDirectories> {
  return createSocketDirectories(hostEnv, {
    group: group === undefined ? null : await groupId(group),
    mode: mode ?? (group === undefined ? 0o700 : 0o770),
    parent: directory ?? null,
  });
}
