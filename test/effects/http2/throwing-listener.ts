/**
 * A process of its own, as it has errors that nobody catches: listeners that throw wherever they are called, and then
 * a call that must go well on the same connection. Prints what came of it as JSON.
 */
import { connectivityState, Metadata, type ChannelInterface } from '@grpc/grpc-js';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { openChannel } from '../../../src/effects/http2/open-channel.js';
import { withPrefix } from '../../../src/effects/grpc/messages.js';
import { openSocket } from '../../../src/effects/socket/open-socket.js';
import { plaintext } from '../../../src/effects/tls/security.js';

let thrown = 0;
process.on('uncaughtException', (error) => {
  if (error.message !== 'the listener throws') throw error;
  thrown += 1;
});

type Moment = 'metadata' | 'message' | 'status' | 'never';

function ask(channel: ChannelInterface, moment: Moment): Promise<string[]> {
  const events: string[] = [];
  const tell = (event: Moment): void => {
    events.push(event);
    if (event === moment) throw new Error('the listener throws');
  };
  return new Promise((resolve) => {
    const call = channel.createCall('/test.Service/Method', Infinity, null, null, null);
    call.start(new Metadata(), {
      onReceiveMetadata: () => {
        tell('metadata');
      },
      onReceiveMessage: () => {
        call.startRead();
        tell('message');
      },
      onReceiveStatus: () => {
        setImmediate(resolve, events);
        tell('status');
      },
    });
    call.startRead();
    call.sendMessageWithContext({}, Buffer.from('question'));
    call.halfClose();
  });
}

const server = createServer();
let sessions = 0;
server.on('session', () => {
  sessions += 1;
});
server.on('stream', (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': '0' });
  });
  stream.end(Buffer.concat([withPrefix(Buffer.from('one')), withPrefix(Buffer.from('two'))]));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;
  const channel = openChannel(`tcp:${address}`, () => openSocket({ network: 'tcp', address }), plaintext());
  void (async () => {
    const told: Record<string, string[]> = {};
    for (const moment of ['metadata', 'message', 'status', 'never'] as const)
      told[moment] = await ask(channel, moment);
    const state = connectivityState[channel.getConnectivityState(false)];
    process.stdout.write(JSON.stringify({ told, thrown, sessions, state }));
    channel.destroy();
    server.close();
  })();
});
