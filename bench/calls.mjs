// What every host of the benchmarks calls: go-plugin's example store, and its one value.
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export const key = 'bench';
export const cookie = { cookieKey: 'BASIC_PLUGIN', cookieValue: 'hello' };

const proto = fileURLToPath(new URL('../test/interop/proto/examples.proto', import.meta.url));
export const { KV } = loadPackageDefinition(loadSync(proto)).proto;

/** Makes that many calls, some of them at a time; the milliseconds of the whole, and of each call. */
export async function callMany(call, { inFlight, calls }) {
  const latencies = [];
  let left = calls;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const sent = performance.now();
      await call();
      latencies.push(performance.now() - sent);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { ms: performance.now() - begun, latencies };
}
