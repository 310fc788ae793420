import type { Server } from '@grpc/grpc-js';
import { ServerCredentials } from '@grpc/grpc-js';
import { newSocketPath } from './handshake.js';

export type Network = 'unix' | 'tcp';

/** Opens the server's listener and says which address belongs into the handshake line. */
export async function listen(server: Server, network: Network): Promise<string> {
  if (network === 'tcp') return listenOnTcp(server);
  const path = newSocketPath();
  await bind(server, `unix:${path}`);
  return path;
}

async function listenOnTcp(server: Server): Promise<string> {
  const first = Number(process.env.PLUGIN_MIN_PORT ?? 0);
  const last = Number(process.env.PLUGIN_MAX_PORT ?? 0);
  for (let port = first; port < last; port += 1) {
    const bound = await bind(server, `127.0.0.1:${port}`).catch(() => null);
    if (bound !== null) return `127.0.0.1:${bound}`;
  }
  return `127.0.0.1:${await bind(server, `127.0.0.1:${last}`)}`;
}

function bind(server: Server, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
