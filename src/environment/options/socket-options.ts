import { createSocketDirectories, groupId, type SocketDirectories } from '../../effects/index.js';

/** How plugins' unix sockets are kept. */
export interface UnixSocketOptions {
  /** The group, by name or number, whose members may connect; plugins are told it. Default: nobody but the host's user. */
  readonly group?: string | number | undefined;
  /** The permissions of the directory in which a plugin makes its socket. Default: 0o700, with a group 0o770. */
  readonly mode?: number | undefined;
  /** Where the private directory is made. Default: XDG_RUNTIME_DIR, else the directory for temporary files. */
  readonly directory?: string | undefined;
}

/** The ports that plugins may choose from which listen on TCP. */
export interface TcpOptions {
  /** Default 10000. */
  readonly minPort?: number | undefined;
  /** Default 25000. */
  readonly maxPort?: number | undefined;
}

/** Makes the private directory. Rejects with CONFIG_INVALID when that is not possible, or the group is not known. */
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

export function socketProblems({ group, mode, directory }: UnixSocketOptions): string[] {
  const problems: string[] = [];
  const number = typeof group === 'string' && /^\d+$/.test(group) ? Number(group) : group;
  // The highest number stands for "unchanged" in chown.
  const isGroup = typeof number === 'number' ? isWithin(number, 0, 2 ** 32 - 2) : isName(number);
  if (group !== undefined && !isGroup)
    problems.push('unixSocket.group must be the name or number of a group');
  if (mode !== undefined && !(isWithin(mode, 0, 0o777) && (mode & 0o700) === 0o700)) {
    problems.push('unixSocket.mode must be permissions that let the owner in, such as 0o770');
  }
  if (directory !== undefined && (typeof directory !== 'string' || directory === '')) {
    problems.push('unixSocket.directory must be a path');
  }
  return problems;
}

export function tcpProblems({ minPort = 10_000, maxPort = 25_000 }: TcpOptions): string[] {
  const fine = [minPort, maxPort].every((port) => isWithin(port, 1, 65_535)) && minPort <= maxPort;
  return fine ? [] : ['tcp.minPort and tcp.maxPort must be ports from 1 to 65535, the lower one first'];
}

function isName(group: unknown): boolean {
  return typeof group === 'string' && /^[^:\s\0]+$/.test(group);
}

function isWithin(number: unknown, least: number, most: number): boolean {
  return Number.isInteger(number) && (number as number) >= least && (number as number) <= most;
}
