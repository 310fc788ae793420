import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type ListenOptions, type Server, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom } from 'rxjs';
import { openSocket, type Address } from '../../../src/effects/socket/open-socket.js';
import { afterTest } from '../../support/environment.js';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

describe('a socket that is opened', () => {
  it.each(['127.0.0.1:PORT', ':PORT', '0.0.0.0:PORT', '[::]:PORT', 'localhost:PORT'])(
    'reaches a listener at tcp %s',
    async (form) => {
      const { server, port } = await listening({ host: '127.0.0.1', port: 0 });
      await expectReached(server, { network: 'tcp', address: form.replace('PORT', String(port)) });
    },
  );

  // In CI its absence is a failure; elsewhere a machine may have no IPv6.
  (hasIpv6 || process.env['CI'] === 'true' ? it : it.skip).each(['[::1]:PORT', '[::]:PORT'])(
    'reaches a listener at tcp %s',
    async (form) => {
      const { server, port } = await listening({ host: '::1', port: 0 });
      await expectReached(server, { network: 'tcp', address: form.replace('PORT', String(port)) });
    },
  );

  it.each(['', '/'])('reaches a socket file whose path begins with %j and a slash', async (extra) => {
    const directory = mkdtempSync(join(tmpdir(), 'dial '));
    afterTest(() => {
      rmSync(directory, { recursive: true });
    });
    const path = join(directory, 'a:b%20.sock');
    const { server } = await listening({ path });
    await expectReached(server, { network: 'unix', address: extra + path });
  });
});

async function listening(where: ListenOptions): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(where);
  afterTest(() => server.close());
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return { server, port: typeof address === 'string' ? 0 : address.port };
}

/** Bytes that are sent at one end arrive at the other: the socket has reached this listener. */
async function expectReached(server: Server, address: Address): Promise<void> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = await firstValueFrom(openSocket(address));
  afterTest(() => socket.destroy());
  const [peer] = await accepted;
  afterTest(() => peer.destroy());
  socket.write('here I am');
  expect(String((await once(peer, 'data'))[0])).toBe('here I am');
}
