import type { Channel, Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';

/** One gRPC service: its definition, as generated code or proto-loader gives it, and the handlers for it. */
export interface PluginService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** What a plugin's services can use. */
export interface PluginContext {
  /** Further connections between plugin and host. */
  readonly broker: PluginBroker;
  /** The application version that host and plugin agreed on. */
  readonly version: number;
}

/** The plugin's services: a list, or a function that adds them to the server and may answer with a promise. */
export type PluginServices =
  readonly PluginService[] | ((server: Server, context: PluginContext) => void | Promise<void>);

/**
 * Further connections between plugin and host, in both directions. Each has a number, which travels in messages of the
 * application's own.
 */
export interface PluginBroker {
  /** A number that this plugin has not used yet. The host counts for itself. */
  readonly nextId: () => number;
  /**
   * A channel to what the host serves on a number, good for one connection: give it to a client as `channelOverride`.
   * Rejects with BROKER_TIMEOUT where the host does not say within five seconds where that is.
   */
  readonly dial: (id: number) => Promise<Channel>;
  /** Serves the host on a number, and says where. Send the number after that, within five seconds. */
  readonly acceptAndServe: (id: number, services: PluginServices) => Promise<PluginBrokeredServer>;
}

/** A server of the plugin's beside its main one. It ends with the plugin at the latest. */
export interface PluginBrokeredServer {
  readonly id: number;
  /** A socket's path, or `host:port`. */
  readonly address: string;
  /** Lets running calls end within `graceMs` (0 by default), cuts off what is left, and removes the socket. */
  readonly close: (graceMs?: number) => Promise<void>;
}

/** Adds a plugin's services to a server. Rejects with what its own function throws. */
export async function addServices(
  services: PluginServices,
  server: Server,
  context: PluginContext,
): Promise<void> {
  if (typeof services === 'function') await services(server, context);
  else for (const { definition, implementation } of services) server.addService(definition, implementation);
}
