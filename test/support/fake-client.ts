import type { Client } from '@grpc/grpc-js';
import { FakeClient } from '../../fake-interpreters/lib/fake-client.js';
import type { Environment } from '../../src/index.js';

/** A client of a fake plugin's control service. */
export function fakeClientOf(env: Environment, id: string): Client {
  return env.plugin(id).client(FakeClient);
}
