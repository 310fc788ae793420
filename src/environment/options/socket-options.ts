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

/** Checks the option `unixSocket`: each problem as a sentence. */
export function socketProblems({ group, mode, directory }: UnixSocketOptions): string[] {
  const problems: string[] = [];
  const number = typeof group === 'string' && /^\d+$/.test(group) ? Number(group) : group;
  // chown reads the highest number as "unchanged".
  const isGroup = typeof number === 'number' ? isWithin(number, 0, 2 ** 32 - 2) : isName(number);
  if (group !== undefined && !isGroup)
    problems.push('unixSocket.group must be the name or number of a group');
  if (mode !== undefined && !(isWithin(mode, 0, 0o777) && (mode & 0o700) === 0o700)) {
    problems.push('unixSocket.mode must be permissions with all rights for the owner, such as 0o770');
  }
  if (directory !== undefined && (typeof directory !== 'string' || directory === '')) {
    problems.push('unixSocket.directory must be a path');
  }
  return problems;
}

/** Checks the option `tcp`: each problem as a sentence. */
export function tcpProblems({ minPort = 10_000, maxPort = 25_000 }: TcpOptions): string[] {
  const areValid = [minPort, maxPort].every((port) => isWithin(port, 1, 65_535)) && minPort <= maxPort;
  return areValid
    ? []
    : ['tcp.minPort and tcp.maxPort must be ports from 1 to 65535, and minPort must not be above maxPort'];
}

function isName(group: unknown): boolean {
  return typeof group === 'string' && /^[^:\s\0]+$/.test(group);
}

function isWithin(number: unknown, least: number, most: number): boolean {
  return Number.isInteger(number) && (number as number) >= least && (number as number) <= most;
}
