import fc from 'fast-check';
import { services } from '../../src/effects/rpc/contract.js';
import {
  announce,
  cancelDial,
  knock,
  noAnnouncements,
  noKnocks,
  requestDial,
  serve,
  streamOpened,
  withdraw,
} from '../../src/go-plugin/index.js';
import { brokerLimits } from '../../src/model/limits.js';

const anyMessage = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .record({
      service_id: fc.nat({ max: 4 }),
      network: fc.string({ maxLength: 6 }),
      address: fc.oneof(
        fc.string({ maxLength: 20 }),
        fc.nat(6000).map((length) => '/'.repeat(length)),
      ),
      knock: fc.option(
        fc.record({ knock: fc.boolean(), ack: fc.boolean(), error: fc.string({ maxLength: 5 }) }),
      ),
    })
    .map((message) => new Uint8Array(definition().requestSerialize(message))),
);

/** What comes on a broker's control stream, and what the host does meanwhile. */
export const anyBrokerSession = fc.array(
  fc.tuple(
    fc.constantFrom('receive', 'dial', 'cancel', 'serve', 'withdraw', 'stream', 'wait'),
    fc.nat(4),
    anyMessage,
  ),
  { maxLength: 40 },
);

function definition() {
  const found = services.plugin.GRPCBroker.service['StartStream'];
  if (found === undefined) throw new Error('The contract has no broker.');
  return found;
}

/** Plays it; throws where a message that can be read is not answered as the protocol says. */
export function playBroker(steps: readonly (readonly [string, number, Uint8Array])[]): void {
  let table = noAnnouncements;
  let knocks = noKnocks;
  let now = 0;
  for (const [what, id, bytes] of steps) {
    if (what === 'receive') {
      const message = read(bytes);
      if (message === null) continue;
      const { service_id: of, network, address } = message;
      const step = announce(table, of, { network, address }, now);
      if (step.excess !== undefined && step.state !== table)
        throw new Error('What is refused has changed something');
      table = step.state;
      knocks = knock(knocks, of, now).state;
    } else if (what === 'dial') table = requestDial(table, id, now, now).state;
    else if (what === 'cancel') table = cancelDial(table, id);
    else if (what === 'serve') knocks = serve(knocks, id, now).state;
    else if (what === 'withdraw') knocks = withdraw(knocks, id);
    else if (what === 'stream') knocks = streamOpened(knocks).state;
    else now += id * 1500;
    if (table.announced.length > brokerLimits.announcements)
      throw new Error('There are too many announcements');
  }
}

/** A message, or `null` where gRPC ends the stream with INTERNAL because it is none. */
function read(bytes: Uint8Array): { service_id: number; network: string; address: string } | null {
  try {
    return definition().responseDeserialize(Buffer.from(bytes)) as never;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}
