import { createCallTally, type CallTally } from '../environment/index.js';
import type { ChannelHandle } from '../machines/index.js';
import { PluginError } from '../model/index.js';
import type { InProcessChannel } from './in-process/channel.js';

/** The connection to a pretended process: of the real one, all that is asked for. */
export interface PretendedConnection extends ChannelHandle {
  readonly grpc: InProcessChannel['grpc'];
  readonly calls: CallTally;
  readonly broker: { nextId(): number; closedBecause(): PluginError };
  readonly security: { readonly server: null };
  toJSON(): object;
}

export function connectionOver({ grpc }: InProcessChannel): PretendedConnection {
  const described = { address: grpc.getTarget(), transport: 'plaintext', multiplexed: false } as const;
  let lastId = 0;
  return {
    ...described,
    grpc,
    calls: createCallTally(),
    broker: { nextId: () => (lastId += 1), closedBecause: noBroker },
    security: { server: null },
    toJSON: () => described,
  };
}

/** What every use of a pretended plugin's broker ends with. */
export function noBroker(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'A pretended plugin has no broker.',
    hint: 'Test what needs brokered connections against a real plugin.',
  });
}
