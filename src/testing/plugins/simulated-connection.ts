import { createCallCounter, type CallCounter } from '../../environment/index.js';
import type { ChannelHandle } from '../../machines/index.js';
import { PluginError } from '../../model/index.js';
import type { InProcessChannel } from '../grpc/in-process-channel.js';

/** The connection to a simulated process, with the parts of a real one that are used. */
export interface SimulatedConnection extends ChannelHandle {
  readonly grpc: InProcessChannel['grpc'];
  readonly calls: CallCounter;
  readonly broker: { nextId(): number; closedBecause(): PluginError };
  readonly security: { readonly server: null };
  toJSON(): object;
}

/** Creates the connection over a channel. */
export function createSimulatedConnection({ grpc }: InProcessChannel): SimulatedConnection {
  const description = { address: grpc.getTarget(), transport: 'plaintext', multiplexed: false } as const;
  let lastId = 0;
  return {
    ...description,
    grpc,
    calls: createCallCounter(),
    broker: { nextId: () => (lastId += 1), closedBecause: brokerUnsupported },
    security: { server: null },
    toJSON: () => description,
  };
}

/** The error of every use of a simulated plugin's broker. */
export function brokerUnsupported(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'A simulated plugin has no broker.',
    hint: 'Test what needs brokered connections against a real plugin.',
  });
}
