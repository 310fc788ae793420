import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { newSocketPath } from './handshake.js';

export type Network = 'unix' | 'tcp';

/** Opens the listener of the server; resolves with the address for the handshake line. */
export async function listen(
  server: Server,
  network: Network,
  credentials: ServerCredentials,
): Promise<string> {
  if (network === 'tcp') return listenOnTcp(server, credentials);
  const path = newSocketPath();
  await bind(server, `unix:${path}`, credentials);
  return path;
}

async function listenOnTcp(server: Server, credentials: ServerCredentials): Promise<string> {
  const first = Number(process.env.PLUGIN_MIN_PORT ?? 0);
  const last = Number(process.env.PLUGIN_MAX_PORT ?? 0);
  for (let port = first; port < last; port += 1) {
    const bound = await bind(server, `127.0.0.1:${port}`, credentials).catch(() => null);
    if (bound !== null) return `127.0.0.1:${bound}`;
  }
  return `127.0.0.1:${await bind(server, `127.0.0.1:${last}`, credentials)}`;
}

function bind(server: Server, target: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(target, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
