import { of } from 'rxjs';
import type { AtDeadline } from '../../environment/index.js';
import type { BrokerDialEffects, PluginEffects } from '../../machines/index.js';
import { PluginError } from '../../model/index.js';
import { processBehaviourOf, type Behaviour } from './process-behaviour.js';
import type { SimulatedService } from '../grpc/in-process-server.js';
import { brokerUnsupported } from './simulated-connection.js';
import {
  createEffectSimulator,
  type AnySimulatedEffect,
  type EffectSimulator,
  type SimulatedEffectOf,
} from '../effects/effect-simulator.js';
import { startSimulatedProcess, type SimulatedProcess } from './simulated-process.js';
import type { SimulatedClock } from '../clock/simulated-clock.js';

/** A plugin to simulate. `behaviour` is that of its next process. */
export interface SimulatedPluginSpec {
  behaviour: Behaviour;
  services: readonly SimulatedService[];
}

/** Simulated effects whose plugins behave as specified. */
export interface SimulatedHost {
  readonly effects: PluginEffects & BrokerDialEffects;
  readonly atDeadline: AtDeadline;
  /** The newest process of a plugin; `undefined` before the first. */
  readonly process: (plugin: string) => SimulatedProcess | undefined;
  /** Ids of the plugins that have a process. */
  readonly running: () => readonly string[];
  readonly simulator: EffectSimulator;
}

/** Greater than any real pid, so that no real process can be signalled by mistake. */
const firstPid = 1_000_000_001;

/** Creates a host of plugins, by their ids. */
export function createSimulatedHost(
  specs: ReadonlyMap<string, SimulatedPluginSpec>,
  clock: SimulatedClock,
  random: () => number,
): SimulatedHost {
  const processes = new Map<string, SimulatedProcess>();
  let pid = firstPid;
  const atDeadline: AtDeadline = (deadline, act) => {
    // grpc-js computes a deadline from `Date.now()`; only the time that is left applies to the simulated clock.
    const leftMs = Number(deadline) - Date.now();
    if (!(leftMs < Infinity)) return () => undefined;
    const timer = clock.setTimeout(act, leftMs);
    return () => {
      clock.clearTimeout(timer);
    };
  };
  const start = (effect: SimulatedEffectOf<'process'>): void => {
    const spec = specs.get(effect.plugin);
    const { reattach } = effect.input as { readonly reattach: object | null };
    if (spec === undefined || reattach !== null) {
      effect.emit({ type: 'process.failed', at: clock.now(), error: reattachNotFound() });
      return;
    }
    const { generation, plugin } = effect;
    const behaviour = processBehaviourOf(spec.behaviour, { at: clock.now(), generation });
    const processInput = { effect, pid: (pid += 1), behaviour, services: spec.services, clock, atDeadline };
    startSimulatedProcess(processInput, (process) => processes.set(plugin, process));
  };
  const onEffectStart = (effect: AnySimulatedEffect): void => {
    if (effect.name === 'process') start(effect);
    else processes.get(effect.plugin)?.handleEffect(effect);
  };
  const simulator = createEffectSimulator(clock, random, onEffectStart);
  const rejected = () => of({ type: 'broker.refused', error: brokerUnsupported() } as const);
  return {
    effects: { ...simulator.effects, announcement: rejected, brokered: rejected },
    atDeadline,
    process: (plugin) => processes.get(plugin),
    running: () => [...processes].filter(([, process]) => process.isRunning()).map(([plugin]) => plugin),
    simulator,
  };
}

function reattachNotFound(): PluginError {
  return new PluginError({
    code: 'REATTACH_NOT_FOUND',
    phase: 'spawn',
    message: 'There is no process to attach to: the processes of this environment are simulated.',
    hint: 'Test reattaching against a real process.',
  });
}
