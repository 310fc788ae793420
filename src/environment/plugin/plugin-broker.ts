import type { Channel, Server } from '@grpc/grpc-js';
import { createActor, toPromise } from 'xstate';
import { serveBrokered, type BrokeredServer, type GenerationChannel } from '../../effects/index.js';
import {
  createBrokerDialMachine,
  type BrokerDialEffects,
  type PluginSnapshot,
} from '../../machines/index.js';
import { isPluginError } from '../../model/index.js';
import type { ErrorBoundary } from '../callbacks/error-boundary.js';
import { guardServer } from '../callbacks/guarded-server.js';
import { notRunningError } from '../status/not-running-error.js';

/**
 * go-plugin's broker: connections beside the main one, in both directions. Each has an id that host and plugin exchange
 * in their own messages. Ids, servers and connections belong to one process and end with it. Every method throws or
 * rejects with PLUGIN_NOT_RUNNING while the plugin is not connected.
 */
export interface Broker {
  /** The next free id for {@link Broker.acceptAndServe}. The plugin has its own counter, so both may use one number. */
  nextId(): number;
  /**
   * Serves on an id; `register` adds the services. Resolves when the plugin can dial it. go-plugin gives up a dial after
   * five seconds, so serve before you send the id.
   */
  acceptAndServe(id: number, register: (server: Server) => void): Promise<BrokeredServer>;
  /**
   * Connects to the server of the plugin on an id. Rejects with BROKER_TIMEOUT when the plugin announces none within
   * five seconds, and with BROKER_REFUSED when it has no broker or accepts no connection.
   */
  dial(id: number): Promise<Channel>;
}

/** Creates the broker of a plugin; `getSnapshot` returns the current snapshot of its actor. */
export function createBroker(
  effects: BrokerDialEffects,
  getSnapshot: () => PluginSnapshot,
  boundary: ErrorBoundary,
): Broker {
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
      const registerGuarded = (server: Server): void => {
        register(guardServer(server, boundary));
      };
      return serveBrokered(channel, id, registerGuarded).catch((error: unknown) => {
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
