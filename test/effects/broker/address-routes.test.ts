import { firstValueFrom } from 'rxjs';
import { createAddressRoutes } from '../../../src/effects/broker/address-routes.js';
import { createBrokerState } from '../../../src/effects/broker/broker-state.js';
import { openSocket, type Address } from '../../../src/effects/socket/open-socket.js';

describe('an address that a plugin announces', () => {
  it.each([
    ['unix', '@p', /abstract namespace/],
    ['unix', '', /path is empty/],
    ['tcp', 'localhost', /not host:port/],
    ['udp', '127.0.0.1:1', /only the networks unix and tcp/],
  ])('is not dialled when it is %s %j', async (network, address, problem) => {
    const process = {
      network: 'unix',
      sockets: { path: '/nowhere', share: () => undefined },
      connect: openSocket,
      addressFromPlugin: (listener: Address) => listener,
    } as const;
    const routes = createAddressRoutes(createBrokerState(), process, () => 0);
    const refused: unknown = await firstValueFrom(
      routes.open(1, { network, address }, () => undefined),
    ).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'NETWORK_UNSUPPORTED',
      message: expect.stringMatching(problem) as string,
    });
  });
});
