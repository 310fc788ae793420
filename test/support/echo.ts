import { credentials, type Channel, type Server } from '@grpc/grpc-js';
import { callUnary, FakeClient } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';

/** Says who it is before it echoes, so that nobody takes the plugin's Echo for it. */
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

/** Has the Echo at the other end of a brokered channel answer. */
export function echo(channel: Channel, text: string): Promise<string> {
  const client = new FakeClient('', credentials.createInsecure(), { channelOverride: channel });
  return callUnary(client, fakeService.Echo, Buffer.from(text)).then(String);
}
