import { NEVER } from 'rxjs';
import type { Handshake } from '../../model/index.js';
import { createAddressRoutes, type AddressRoutesInput } from '../broker/address-routes.js';
import { detectTls } from '../tls/detect-tls.js';
import type { Transport } from './transport.js';

/** A transport where each connection is a socket of its own, to an address of its own. */
export function createAddressTransport(
  handshake: Handshake,
  process: Omit<AddressRoutesInput, 'network'>,
  now: () => number,
): Transport {
  const { network } = handshake;
  const { sockets, connect, addressFromPlugin } = process;
  const open = () => connect(handshake);
  return {
    multiplexed: false,
    open,
    createRoutes: (broker) =>
      createAddressRoutes(broker, { network, sockets, connect, addressFromPlugin }, now),
    lost: NEVER,
    dialFailure: () => null,
    detectTls: () => detectTls(open()),
    close: () => undefined,
  };
}
