import { credentials, type sendUnaryData } from '@grpc/grpc-js';
import type { Environment } from '../../src/index.js';
import { unary } from './calls.js';
import { PingPong, Test } from './services.js';

/** Lets the helper ping the host, and gives the connection on which it answers pings itself. */
export async function bidirectional(env: Environment, id: string) {
  let pinged = 0;
  const { broker } = env.plugin(id);
  const ours = broker.nextId();
  await broker.acceptAndServe(ours, (server) => {
    server.addService(PingPong.service, {
      Ping: (_: unknown, answer: sendUnaryData<object>) => {
        pinged += 1;
        answer(null, { msg: 'pong' });
      },
    });
  });
  const theirs = await unary<{ id: number }>(env.plugin(id).client(Test), 'Bidirectional', { id: ours });
  const channel = await broker.dial(theirs.id);
  const client = new PingPong('', credentials.createInsecure(), { channelOverride: channel });
  return { pinged: () => pinged, ping: () => unary(client, 'Ping', {}) };
}
