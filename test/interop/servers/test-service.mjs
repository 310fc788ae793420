// The test service as grpc-js's clients and servers have it, and what its methods answer.
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';

const proto = fileURLToPath(new URL('test-service.proto', import.meta.url));
export const { TestService, UnimplementedService } = loadPackageDefinition(
  loadSync(proto, { keepCase: true, defaults: true }),
).grpc.testing;

export function* duplexReplies({ response_parameters: parameters }) {
  for (const { size } of parameters) yield { payload: { body: Buffer.alloc(size) } };
}

export function sizeOf({ payload }) {
  return payload?.body.length ?? 0;
}
