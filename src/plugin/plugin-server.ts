import type { sendUnaryData, Server } from '@grpc/grpc-js';
import { createBroker } from './broker.js';
import type { Endpoint } from './endpoint.js';
import { createHealth } from './health.js';
import { addHooks } from './hooks.js';
import type { Listening } from './listen.js';
import { unary } from './method.js';
import { negotiateVersion } from './negotiate.js';
import type { ServePlan } from './options.js';
import { createServer } from './server.js';
import { addServices } from './services.js';
import type { Stdio } from './stdio.js';
import { empty } from './wire.js';

/** The plugin's main server, with the services that every plugin has and its own. */
export interface PluginServer {
  /** The application version that was agreed on. */
  readonly version: number;
  readonly listen: () => Promise<Listening>;
  /** Ends the protocol's streams at once, and running calls after `graceMs`. */
  readonly stop: (graceMs: number) => Promise<void>;
}

interface Input {
  readonly plan: ServePlan;
  readonly endpoint: Endpoint;
  readonly stdio: Stdio;
  /** What the host's Shutdown does. */
  readonly stop: () => void;
}

/** Rejects with what the plugin's own `services` function throws. */
export async function createPluginServer({ plan, endpoint, stdio, stop }: Input): Promise<PluginServer> {
  const version = negotiateVersion([...plan.versions.keys()], endpoint.variables.PLUGIN_PROTOCOL_VERSIONS);
  const server = createServer(endpoint);
  const brokered = createBroker(endpoint, version);
  const lasting = [createHealth(), stdio, brokered];
  for (const service of lasting) service.addTo(server.grpc);
  addController(server.grpc, stop);
  addHooks(server.grpc, plan.hooks);
  const { broker } = brokered;
  await addServices(plan.versions.get(version) ?? [], server.grpc, { broker, version });
  return {
    version,
    listen: server.listen,
    async stop(graceMs) {
      for (const service of lasting) service.close();
      await server.stop(graceMs);
      // Only now: a call that ends within its time may need what it has opened.
      await brokered.stop();
    },
  };
}

const controller = { Shutdown: unary('/plugin.GRPCController/Shutdown', empty, empty) };

/** `plugin.GRPCController`: the host asks the plugin to end. It is answered first, so that the host knows. */
function addController(server: Server, stop: () => void): void {
  server.addService(controller, {
    Shutdown(_call: unknown, answer: sendUnaryData<object>) {
      answer(null, {});
      stop();
    },
  });
}
