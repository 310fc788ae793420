import type { Environment } from '../environment/index.js';
import type { PluginLogEntry } from '../model/index.js';
import type { ProcessFault } from './plugins/process-behaviour.js';
import type { SimulatedEnvironment } from './simulated-environment.js';
import type { SimulatedPluginSpec, SimulatedHost } from './plugins/simulated-host.js';
import type { SimulatedProcess } from './plugins/simulated-process.js';
import type { SimulatedClock } from './clock/simulated-clock.js';
import { createClockDriver } from './clock/clock-driver.js';

const defaultWithinMs = 3_600_000;

interface ControlsInput {
  readonly env: Environment;
  readonly clock: SimulatedClock;
  readonly host: SimulatedHost;
  readonly specs: ReadonlyMap<string, SimulatedPluginSpec>;
  readonly log: (entry: PluginLogEntry) => void;
}

/** What a test can do to a pretended environment. */
export function createControls({ env, clock, host, specs, log }: ControlsInput): SimulatedEnvironment {
  const { advance, advanceUntil } = createClockDriver(clock);

  const process = (plugin: string): SimulatedProcess => {
    const { state } = env.status(plugin);
    const found = host.process(plugin);
    if (found?.isRunning() === true) return found;
    throw new Error(`The pretended plugin ${plugin} has no process: it is ${state}.`);
  };
  const applyFault = (plugin: string, fault: ProcessFault): void => {
    process(plugin).applyFault(fault);
  };
  async function settle<Value>(promise: Promise<Value>, withinMs = defaultWithinMs): Promise<Value> {
    let isSettled = false;
    const markSettled = (): void => {
      isSettled = true;
    };
    promise.then(markSettled, markSettled);
    if (await advanceUntil(() => isSettled, withinMs)) return promise;
    throw new Error(`The promise was not settled ${timeoutReason(clock, withinMs)}.`);
  }

  return {
    env,
    clock,
    advance,
    runUntilSettled: settle,
    async runUntil(plugin, state, withinMs = defaultWithinMs) {
      if (await advanceUntil(() => env.status(plugin).state === state, withinMs)) return;
      const { state: actual, summary } = env.explain(plugin);
      throw new Error(
        `The plugin ${plugin} did not become ${state} ${timeoutReason(clock, withinMs)}: it is ${actual}. ${summary}`,
      );
    },
    crash: (plugin, end = { code: 1 }) => {
      applyFault(plugin, end);
    },
    hang: (plugin) => {
      applyFault(plugin, 'hang');
    },
    stopServing: (plugin) => {
      applyFault(plugin, 'stopServing');
    },
    recover: (plugin) => {
      process(plugin).recover();
    },
    setBehaviour(plugin, behaviour) {
      env.status(plugin);
      const spec = specs.get(plugin);
      if (spec !== undefined) spec.behaviour = behaviour;
    },
    print(plugin, message, level = 'info') {
      process(plugin);
      const { generation } = env.status(plugin);
      log({ plugin, generation, source: 'stderr', level, message, fields: {} });
    },
    sleep: host.sleep,
    async block(ms) {
      host.addBusyTime(ms);
      clock.stall(ms);
      await advance(0);
    },
    processes: host.running,
    shutdown: () => settle(env.shutdown()),
  };
}

function timeoutReason(clock: SimulatedClock, withinMs: number): string {
  return clock.nextAt() === null ? 'and nothing is due any more' : `within ${withinMs} ms`;
}
