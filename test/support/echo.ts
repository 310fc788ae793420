import { credentials, type Channel, type Server } from '@grpc/grpc-js';
import { callUnary, FakeClient } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';

/** Adds an Echo whose answer has a prefix, to distinguish it from the plugin's Echo. */
export function addEcho(server: Server): void {
  server.addService(
    { Echo: fakeService.Echo },
    {
      Echo: (call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) => {
        answer(null, Buffer.concat([Buffer.from('the host heard '), call.request]));
      },
    },
  );
}

/** Calls Echo over a brokered channel. */
export function echo(channel: Channel, text: string): Promise<string> {
  const client = new FakeClient('', credentials.createInsecure(), { channelOverride: channel });
  return callUnary(client, fakeService.Echo, Buffer.from(text)).then(String);
}
