import type { Channel, Server } from '@grpc/grpc-js';
import { createActor, toPromise } from 'xstate';
import { serveBrokered, type BrokeredServer, type GenerationChannel } from '../../effects/index.js';
import {
  createBrokerDialMachine,
  type BrokerDialEffects,
  type PluginSnapshot,
} from '../../machines/index.js';
import { isPluginError } from '../../model/index.js';
import { notRunningError } from '../calls/call-outcomes.js';

/**
 * go-plugin's broker: connections beside the main one, in both directions, each known to both sides by an id that
 * travels in your own messages. Ids, servers and connections are of one process; they end with it. Everything here
 * throws or rejects with PLUGIN_NOT_RUNNING while the plugin is not connected.
 */
export interface Broker {
  /** An id for {@link Broker.acceptAndServe}. The plugin counts its own; both may use the same number. */
  nextId(): number;
  /**
   * Serves on an id: `register` adds the services. Resolves when the plugin can dial it, which go-plugin does only
   * within five seconds: call it before the call that carries the id.
   */
  acceptAndServe(id: number, register: (server: Server) => void): Promise<BrokeredServer>;
  /**
   * Connects to what the plugin serves on an id. Rejects with BROKER_TIMEOUT when nothing is announced within five
   * seconds, and with BROKER_REFUSED when the plugin has no broker or cannot be connected to.
   */
  dial(id: number): Promise<Channel>;
}

export function createBroker(effects: BrokerDialEffects, getSnapshot: () => PluginSnapshot): Broker {
  const dialMachine = createBrokerDialMachine(effects);
  const connected = () => {
    const snapshot = getSnapshot();
    const { channel, generation, bundle } = snapshot.context;
    if (channel === null) throw notRunningError(snapshot);
    return { channel: channel as GenerationChannel, generation, plugin: bundle.manifest.id };
  };
  return {
    nextId: () => connected().channel.broker.nextId(),
    async acceptAndServe(id, register) {
      const { channel, plugin } = connected();
      return serveBrokered(channel, id, register).catch((error: unknown) => {
        throw isPluginError(error) ? error.with({ plugin }) : error;
      });
    },
    async dial(id) {
      const { channel, generation, plugin } = connected();
      const actor = createActor(dialMachine, { input: { channel, generation, plugin, id } });
      const outcome = toPromise(actor);
      actor.start();
      const { brokered, error } = await outcome;
      if (error !== null) throw error.with({ plugin });
      return brokered as Channel;
    },
  };
}
