import { EMPTY } from 'rxjs';
import type { AnyStateMachine } from 'xstate';
import {
  createAttachmentMachine,
  createEnvironmentMachine,
  createHealthMachine,
  createPluginMachine,
  createSupervisorMachine,
  type PluginEffects,
} from '../machines/index.js';

type MachineName = 'plugin' | 'supervisor' | 'health' | 'attachment' | 'environment';

/** The machines with effects that do nothing: for drawing their charts, not for running them. */
export function machineDefinitions(): Readonly<Record<MachineName, AnyStateMachine>> {
  return {
    plugin: createPluginMachine(inertEffects),
    supervisor: createSupervisorMachine(inertEffects, { random: () => 0 }),
    health: createHealthMachine(inertEffects),
    attachment: createAttachmentMachine(inertEffects),
    environment: createEnvironmentMachine(inertEffects, { random: () => 0 }),
  };
}

const noEvents = () => EMPTY;

const inertEffects: PluginEffects = {
  now: () => 0,
  random: () => 0,
  sampleHost: () => ({
    monotonicMs: 0,
    wallMs: 0,
    eventLoopActiveMs: 0,
    messagesReceived: 0,
    callsInFlight: 0,
  }),
  process: noEvents,
  pollProcess: noEvents,
  logs: noEvents,
  handshake: noEvents,
  dial: noEvents,
  connection: noEvents,
  probe: noEvents,
  redial: noEvents,
  greet: noEvents,
  watch: noEvents,
  onActivate: noEvents,
  onDeactivate: noEvents,
  stdio: noEvents,
  broker: noEvents,
  drain: noEvents,
  shutdown: noEvents,
  signal: noEvents,
};
