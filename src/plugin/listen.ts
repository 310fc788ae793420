import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, rmSync } from 'node:fs';
import { createServer, type Server as Listener, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { groupId } from '../effects/socket/group-id.js';
import { checkAddress } from '../go-plugin/index.js';
import { messageOf, PluginError } from '../model/index.js';
import type { Endpoint, PluginNetwork } from './endpoint.js';
import type { HostVariables } from './role.js';

/** A place at which the plugin is reached, in the words of the handshake line. */
export interface Listening {
  readonly network: PluginNetwork;
  readonly address: string;
  /** Takes no further connection, and removes the socket. */
  close(): void;
}

type Accept = (socket: Socket) => void;

/** Listens where the host wants it. Rejects with NETWORK_UNSUPPORTED where that cannot be. */
export function listen(endpoint: Endpoint, accept: Accept): Promise<Listening> {
  return endpoint.network === 'unix'
    ? listenOnSocket(endpoint, accept)
    : listenOnPort(endpoint.variables, accept);
}

async function listenOnSocket({ variables, sockets }: Endpoint, accept: Accept): Promise<Listening> {
  const { PLUGIN_UNIX_SOCKET_DIR: directory, PLUGIN_UNIX_SOCKET_GROUP: group = '' } = variables;
  const path = resolve(directory || tmpdir(), `plugin${randomBytes(4).toString('hex')}`);
  const problem = checkAddress('unix', path) ?? checkPath(path);
  if (problem !== null) throw problem;
  const listener = createServer(accept);
  await start(listener, { path }).catch((cause: unknown) => {
    throw cannotListen(`on the unix socket ${path}`, cause);
  });
  sockets.add(path);
  const close = (): void => {
    listener.close();
    rmSync(path, { force: true });
    sockets.delete(path);
  };
  await share(path, group).catch((cause: unknown) => {
    close();
    throw cannotListen(`on a socket of the group ${group}`, cause);
  });
  return { network: 'unix', address: path, close };
}

async function share(path: string, group: string): Promise<void> {
  if (group === '') return;
  chownSync(path, -1, await groupId(group));
  chmodSync(path, 0o660);
}

async function listenOnPort(variables: HostVariables, accept: Accept): Promise<Listening> {
  const { lowest, highest } = portRange(variables);
  for (let wanted = lowest; wanted <= highest; wanted += 1) {
    const listener = createServer(accept);
    const isFree = await start(listener, { host: '127.0.0.1', port: wanted }).then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    const bound = listener.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : wanted;
    return { network: 'tcp', address: `127.0.0.1:${port}`, close: () => listener.close() };
  }
  throw cannotListen(`on 127.0.0.1, as every port from ${lowest} to ${highest} is taken or forbidden`);
}

/** Without a range, it is the port 0: any that is free. */
function portRange({ PLUGIN_MIN_PORT: from = '', PLUGIN_MAX_PORT: to = '' }: HostVariables) {
  const [lowest, highest] = [from, to].map(Number) as [number, number];
  const areWhole = Number.isInteger(lowest) && Number.isInteger(highest);
  if (areWhole && lowest >= 0 && lowest <= highest && highest <= 65_535) return { lowest, highest };
  throw cannotListen(
    `on a port, as PLUGIN_MIN_PORT and PLUGIN_MAX_PORT are no range: ${from || 'unset'} to ${to || 'unset'}`,
  );
}

async function start(listener: Listener, where: { path: string } | { host: string; port: number }) {
  listener.listen(where);
  await once(listener, 'listening');
}

function checkPath(path: string): PluginError | null {
  if (path.includes('|')) return cannotListen(`on ${path}, as the handshake line cannot carry a "|"`);
  // libuv says EACCES for a directory that does not exist.
  return existsSync(dirname(path)) ? null : cannotListen(`on ${path}, as its directory does not exist`);
}

function cannotListen(where: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'NETWORK_UNSUPPORTED',
    message: `The plugin cannot listen ${where}${cause === undefined ? '' : `: ${messageOf(cause)}`}.`,
    hint: 'Check PLUGIN_UNIX_SOCKET_DIR, TMPDIR and the port range that the host gives.',
    cause,
  });
}
