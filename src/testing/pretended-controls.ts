import type { Environment } from '../environment/index.js';
import type { PluginLogEntry } from '../model/index.js';
import type { Turn } from './conduct.js';
import type { PretendedEnvironment } from './pretended-environment.js';
import type { Role, Stage } from './pretended-plugins.js';
import type { PretendedProcess } from './pretended-process.js';
import type { SteppingClock } from './stepping-clock.js';
import { createTimeMachine } from './time-machine.js';

const hour = 3_600_000;

interface Setting {
  readonly env: Environment;
  readonly clock: SteppingClock;
  readonly stage: Stage;
  readonly roles: ReadonlyMap<string, Role>;
  readonly log: (entry: PluginLogEntry) => void;
}

/** What a test can do to a pretended environment. */
export function controlsOf({ env, clock, stage, roles, log }: Setting): PretendedEnvironment {
  const { advance, until } = createTimeMachine(clock);

  const process = (plugin: string): PretendedProcess => {
    const { state } = env.status(plugin);
    const found = stage.process(plugin);
    if (found?.isRunning() === true) return found;
    throw new Error(`The pretended plugin ${plugin} has no process: it is ${state}.`);
  };
  const befall = (plugin: string, turn: Turn): void => {
    process(plugin).turn(turn);
  };
  async function settle<Value>(promise: Promise<Value>, withinMs = hour): Promise<Value> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    if (await until(() => isSettled, withinMs)) return promise;
    throw new Error(`The promise was not settled ${lapse(clock, withinMs)}.`);
  }

  return {
    env,
    clock,
    advance,
    settle,
    async runUntil(plugin, state, withinMs = hour) {
      if (await until(() => env.status(plugin).state === state, withinMs)) return;
      const { state: instead, summary } = env.explain(plugin);
      throw new Error(
        `The plugin ${plugin} did not become ${state} ${lapse(clock, withinMs)}: it is ${instead}. ${summary}`,
      );
    },
    crash: (plugin, end = { code: 1 }) => {
      befall(plugin, end);
    },
    hang: (plugin) => {
      befall(plugin, 'hang');
    },
    refuse: (plugin) => {
      befall(plugin, 'refuse');
    },
    recover: (plugin) => {
      process(plugin).recover();
    },
    behave(plugin, behaviour) {
      env.status(plugin);
      const role = roles.get(plugin);
      if (role !== undefined) role.behaviour = behaviour;
    },
    print(plugin, message, level = 'info') {
      process(plugin);
      const { generation } = env.status(plugin);
      log({ plugin, generation, source: 'stderr', level, message, fields: {} });
    },
    sleep: stage.sleep,
    async block(ms) {
      stage.keepBusy(ms);
      clock.stall(ms);
      await advance(0);
    },
    processes: stage.running,
    shutdown: () => settle(env.shutdown()),
  };
}

function lapse(clock: SteppingClock, withinMs: number): string {
  return clock.next() === null ? 'and nothing is due any more' : `within ${withinMs} ms`;
}
