import { EMPTY } from 'rxjs';
import {
  createAttachmentMachine,
  createEnvironmentMachine,
  createHealthMachine,
  createPluginMachine,
  createSupervisorMachine,
  type PluginEffects,
} from '../machines/index.js';

/** The machines as this package runs them, over a world in which nothing happens: to be drawn, not to be started. */
export function machineDefinitions() {
  return {
    plugin: createPluginMachine(inertEffects),
    supervisor: createSupervisorMachine(inertEffects, { random: () => 0 }),
    health: createHealthMachine(inertEffects),
    attachment: createAttachmentMachine(inertEffects),
    environment: createEnvironmentMachine(inertEffects, { random: () => 0 }),
  };
}

const nothing = () => EMPTY;

const inertEffects: PluginEffects = {
  now: () => 0,
  random: () => 0,
  sampleHost: () => ({ monotonicMs: 0, wallMs: 0, eventLoopActiveMs: 0, messagesReceived: 0 }),
  process: nothing,
  pollProcess: nothing,
  logs: nothing,
  handshake: nothing,
  dial: nothing,
  connection: nothing,
  probe: nothing,
  redial: nothing,
  watch: nothing,
  onActivate: nothing,
  onDeactivate: nothing,
  stdio: nothing,
  broker: nothing,
  drain: nothing,
  shutdown: nothing,
  signal: nothing,
};
