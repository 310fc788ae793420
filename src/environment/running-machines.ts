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
export function runningMachines() {
  return {
    plugin: createPluginMachine(stillWorld),
    supervisor: createSupervisorMachine(stillWorld, { random: () => 0 }),
    health: createHealthMachine(stillWorld),
    attachment: createAttachmentMachine(stillWorld),
    environment: createEnvironmentMachine(stillWorld, { random: () => 0 }),
  };
}

const nothing = () => EMPTY;

const stillWorld: PluginEffects = {
  now: () => 0,
  random: () => 0,
  reading: () => ({ steadyMs: 0, wallMs: 0, busyMs: 0, answers: 0 }),
  process: nothing,
  look: nothing,
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
