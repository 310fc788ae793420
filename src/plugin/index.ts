/** Write a plugin for Espalier, or for any go-plugin host that speaks gRPC. */
export type { PluginNetwork } from './endpoint.js';
export type { PluginHooks } from './hooks.js';
export { log } from './log.js';
export type { LogFields, LogMethod, PluginLog } from './log.js';
export type { PluginHandshake, ServeOptions } from './options.js';
export type { PluginMtls } from './security.js';
export { serve } from './serve.js';
export type { ServeEnd } from './serve.js';
export type {
  PluginBroker,
  PluginBrokeredServer,
  PluginContext,
  PluginService,
  PluginServices,
} from './services.js';
