// Espalier as a host, and grpc-js without it over the same plugin.
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { createEnvironment } from '../dist/esm/index.js';
import { callMany, cookie, key, KV } from './calls.mjs';

export async function espalierHost({ plugin, folder }, { mtls = false, multiplex = 'off' } = {}) {
  const id = 'plugin';
  const env = await createEnvironment({
    programs: [{ id, command: plugin, cwd: folder }],
    handshake: { ...cookie, protocolVersions: [1] },
    mtls: mtls ? 'required' : 'off',
    multiplex,
  });
  const getOf = (client) => {
    const get = promisify(client.get.bind(client));
    return () => get({ key });
  };
  const get = getOf(env.plugin(id).client(KV));
  return {
    async start() {
      const begun = performance.now();
      await env.activate(id);
      await get();
      return performance.now() - begun;
    },
    unary: (load) => callMany(get, load),
    /** The same calls by grpc-js without Espalier, on a connection of its own. */
    async bareUnary(load) {
      const client = new KV(env.status(id).address, credentials.createInsecure(), {
        'grpc.default_authority': 'localhost',
      });
      try {
        const bareGet = getOf(client);
        await bareGet();
        return await callMany(bareGet, load);
      } finally {
        client.close();
      }
    },
    stop: () => env.deactivate(id),
    close: () => env.shutdown(),
  };
}
