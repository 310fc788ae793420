import type { Environment } from '../environment/index.js';
import type { LogLevel, PluginLogEntry, PluginState } from '../model/index.js';
import type { Behaviour, ProcessEnd, ProcessFault } from './plugins/process-behaviour.js';
import type { SimulatedPluginSpec, SimulatedHost } from './plugins/simulated-host.js';
import type { SimulatedProcess } from './plugins/simulated-process.js';
import type { SimulatedClock } from './clock/simulated-clock.js';
import { createClockDriver } from './clock/clock-driver.js';

const defaultWithinMs = 3_600_000;

/** An environment without processes, and functions that control its plugins and its clock. They need no `this`. */
export interface SimulatedEnvironment {
  /** The environment for the code under test, with the same machines as a real one. */
  readonly env: Environment;
  /** The clock of the environment. */
  readonly clock: SimulatedClock;
  /** Advances the clock by so many milliseconds; after each timer all pending promises run. */
  readonly advance: (ms: number) => Promise<void>;
  /**
   * Advances the clock until the plugin is in this state.
   *
   * Rejects with an Error that explains the plugin after `withinMs` (default: an hour), or when no timer is left.
   */
  readonly runUntil: (plugin: string, state: PluginState, withinMs?: number) => Promise<void>;
  /** Advances the clock until the promise is settled, and settles like it. Rejects as `runUntil` does. */
  readonly runUntilSettled: <Value>(promise: Promise<Value>, withinMs?: number) => Promise<Value>;
  /** Ends the process of the plugin. Default: exit code 1. Throws when it has none, as the next three do. */
  readonly crash: (plugin: string, end?: ProcessEnd) => void;
  /** Its process stops responding, as after SIGSTOP: it answers no call and no probe. */
  readonly hang: (plugin: string) => void;
  /** Its process answers health checks with NOT_SERVING. */
  readonly stopServing: (plugin: string) => void;
  /** Its process responds again, first to what it received meanwhile, and reports SERVING. */
  readonly recover: (plugin: string) => void;
  /** Sets the behaviour of its next processes; a running one keeps its own. */
  readonly setBehaviour: (plugin: string, behaviour: Behaviour) => void;
  /** Its process prints a line to stderr. Default level: `info`. */
  readonly print: (plugin: string, message: string, level?: LogLevel) => void;
  /** The computer is suspended for so many milliseconds: only the wall clock advances. */
  readonly sleep: (ms: number) => void;
  /** The event loop of the host is blocked for so many milliseconds. */
  readonly block: (ms: number) => Promise<void>;
  /** The ids of the plugins that have a process; none after a shutdown. */
  readonly processes: () => readonly string[];
  /** Shuts the environment down and advances the clock until it has ended. */
  readonly shutdown: () => Promise<void>;
}

interface ControlsInput {
  readonly env: Environment;
  readonly clock: SimulatedClock;
  readonly host: SimulatedHost;
  readonly specs: ReadonlyMap<string, SimulatedPluginSpec>;
  readonly log: (entry: PluginLogEntry) => void;
}

/** The methods by which a test controls a simulated environment. */
export function createControls({ env, clock, host, specs, log }: ControlsInput): SimulatedEnvironment {
  const { simulator } = host;
  const { advance, advanceUntil } = createClockDriver(clock);

  const process = (plugin: string): SimulatedProcess => {
    const { state } = env.status(plugin);
    const running = host.process(plugin);
    if (running?.isRunning() === true) return running;
    throw new Error(`The simulated plugin ${plugin} has no process: it is ${state}.`);
  };
  const applyFault = (plugin: string, fault: ProcessFault): void => {
    process(plugin).applyFault(fault);
  };
  async function runUntilSettled<Value>(promise: Promise<Value>, withinMs = defaultWithinMs): Promise<Value> {
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
    runUntilSettled,
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
    sleep: (ms) => {
      simulator.sleep(ms);
    },
    async block(ms) {
      simulator.addBusyTime(ms);
      clock.stall(ms);
      await advance(0);
    },
    processes: host.running,
    shutdown: () => runUntilSettled(env.shutdown()),
  };
}

function timeoutReason(clock: SimulatedClock, withinMs: number): string {
  return clock.nextAt() === null ? 'and no timer is left' : `within ${withinMs} ms`;
}
