import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PluginBroker } from './broker.js';

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

/** Adds a plugin's services to a server. Rejects with what its own function throws. */
export async function addServices(
  services: PluginServices,
  server: Server,
  context: PluginContext,
): Promise<void> {
  if (typeof services === 'function') await services(server, context);
  else for (const { definition, implementation } of services) server.addService(definition, implementation);
}
