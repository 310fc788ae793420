// A piece of a server: it greets people by what a plugin remembers of them. `greeter.test.mjs` tests it.
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadPackageDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const proto = fileURLToPath(new URL('../proto/kv.proto', import.meta.url));

export const { KV } = loadPackageDefinition(loadSync(proto)).example.kv.v1;

/** Answers requests as HTTP does: 200, 404, 503 while the plugin is away, 504 when it takes too long. */
export function createGreeter(env, plugin) {
  const kv = env.plugin(plugin).client(KV);
  const get = promisify(kv.get.bind(kv));
  const httpStatus = { [status.NOT_FOUND]: 404, [status.UNAVAILABLE]: 503, [status.DEADLINE_EXCEEDED]: 504 };
  return async (name) => {
    try {
      const { value } = await get({ key: name }, { deadline: Date.now() + 2000 });
      return { status: 200, body: `Hello ${value}!` };
    } catch (error) {
      return { status: httpStatus[error.code] ?? 502 };
    }
  };
}
