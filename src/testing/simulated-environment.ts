import {
  createEnvironmentWithRuntime,
  noStateStore,
  resolveOptions,
  type Environment,
  type EnvironmentOptions,
  type RuntimeFactory,
  microtaskClock,
} from '../environment/index.js';
import type { LogLevel, Manifest, PluginLogEntry, PluginState } from '../model/index.js';
import { seededRandom } from '../policy/index.js';
import type { Behaviour, ProcessEnd } from './plugins/process-behaviour.js';
import type { SimulatedService } from './grpc/in-process-server.js';
import { simulatedBundle } from './plugins/simulated-bundle.js';
import { createControls } from './environment-controls.js';
import { createSimulatedHost, type SimulatedPluginSpec } from './plugins/simulated-host.js';
import { createSimulatedClock, type SimulatedClock } from './clock/simulated-clock.js';

/** A plugin that is pretended: what its manifest would say, how it behaves, and what it answers. */
export interface SimulatedPlugin extends Partial<
  Pick<Manifest, 'version' | 'requires' | 'group' | 'significant' | 'supervision' | 'props'>
> {
  /** Default: it is fine. */
  readonly behaviour?: Behaviour | undefined;
  /** What can be called. Default: nothing. */
  readonly services?: readonly SimulatedService[] | undefined;
}

/** What of an environment's options means something without processes, and the plugins. */
export interface SimulatedEnvironmentOptions extends Pick<
  EnvironmentOptions,
  'policy' | 'groups' | 'startConcurrency' | 'versions' | 'logger' | 'inspect'
> {
  /** By their ids; a bare behaviour stands for a plugin that has nothing else. */
  readonly plugins: Readonly<Record<string, SimulatedPlugin | Behaviour>>;
  /** Of all chance there is, a whole number. A restart's pause is the one that `simulate` has for it. Default 1. */
  readonly seed?: number | undefined;
  /** In the place of a seed, for the pauses before restarts: the chance itself, in [0, 1). */
  readonly random?: (() => number) | undefined;
  /** What the clock shows at first, in milliseconds since the epoch. Default 0. */
  readonly startsAt?: number | undefined;
}

/** An environment without processes, and the power over its plugins and its time. Take out of it what you need. */
export interface SimulatedEnvironment {
  /** To be given to the code under test. It is the one that servers embed, with the same machines below it. */
  readonly env: Environment;
  readonly clock: SimulatedClock;
  /** Lets so many milliseconds pass: whatever is due comes in its turn, promises that wait for it included. */
  readonly advance: (ms: number) => Promise<void>;
  /**
   * Lets time pass until the plugin is in this state.
   *
   * Rejects with an Error that explains the plugin after `withinMs` (default: an hour), or when nothing is due any more.
   */
  readonly runUntil: (plugin: string, state: PluginState, withinMs?: number) => Promise<void>;
  /** Lets time pass until the promise is settled, and answers or rejects as it does; otherwise as `runUntil`. */
  readonly runUntilSettled: <Value>(promise: Promise<Value>, withinMs?: number) => Promise<Value>;
  /** The plugin's process ends by itself. Default: it exits with 1. */
  readonly crash: (plugin: string, end?: ProcessEnd) => void;
  /** Its process does nothing any more, as one that was sent SIGSTOP: it answers no call and no probe. */
  readonly hang: (plugin: string) => void;
  /** It lives, and says NOT_SERVING when it is asked for its health. */
  readonly stopServing: (plugin: string) => void;
  /** It goes on after it hung, and says SERVING. What was asked meanwhile is answered. */
  readonly recover: (plugin: string) => void;
  /** How its next processes behave; the one that runs stays as it is. */
  readonly setBehaviour: (plugin: string, behaviour: Behaviour) => void;
  /** It prints a line. */
  readonly print: (plugin: string, message: string, level?: LogLevel) => void;
  /** The machine sleeps for so long, and the host with it. */
  readonly sleep: (ms: number) => void;
  /** The host's event loop is blocked for so long. */
  readonly block: (ms: number) => Promise<void>;
  /** Ids of the plugins that have a process, as far as there are any: none after a shutdown. */
  readonly processes: () => readonly string[];
  /** Shuts the environment down, and lets the time pass that this needs. */
  readonly shutdown: () => Promise<void>;
}

/**
 * Makes an environment whose plugins are pretended: the real machines and the real API over a clock that stands still
 * until it is told to go on. No process is started, no socket is opened, no timer of the host's runs.
 *
 * @throws PluginError CONFIG_INVALID when the options are not usable, as `createEnvironment` does.
 */
export async function createSimulatedEnvironment(
  options: SimulatedEnvironmentOptions,
): Promise<SimulatedEnvironment> {
  const { plugins, seed = 1, random = seededRandom(seed), startsAt = 0, ...rest } = options;
  const clock = createSimulatedClock(startsAt);
  const definitions = new Map(Object.entries(plugins).map(([id, given]) => [id, definitionOf(given)]));
  const specs = new Map([...definitions].map(([id, { role }]) => [id, role]));
  const host = createSimulatedHost(specs, clock, seededRandom(~seed));
  let log = (_: PluginLogEntry): void => undefined;
  const runtimeFactory: RuntimeFactory = {
    scan: async () =>
      Promise.resolve(
        [...definitions].map(([id, { manifest }]) => ({
          ok: true,
          id,
          bundle: simulatedBundle(id, manifest),
        })),
      ),
    open: async () =>
      Promise.resolve((hooks) => {
        log = hooks.log;
        return {
          ...host,
          clock: microtaskClock(clock),
          random,
          stateStore: noStateStore,
          reapOrphans: resolved,
          killAll: () => undefined,
          close: resolved,
        };
      }),
  };
  const env = await createEnvironmentWithRuntime(
    runtimeFactory,
    resolveOptions({ ...rest, programs: [], reapOrphans: false }),
  );
  return createControls({
    env,
    clock,
    host,
    specs,
    log: (entry) => {
      log(entry);
    },
  });
}

async function resolved(): Promise<void> {
  return Promise.resolve();
}

/** A plugin's manifest, and the role that it plays. */
function definitionOf(given: SimulatedPlugin | Behaviour): {
  manifest: Partial<Manifest>;
  role: SimulatedPluginSpec;
} {
  const plugin = isBehaviour(given) ? { behaviour: given } : given;
  const { behaviour = {}, services = [], ...manifest } = plugin;
  return { manifest, role: { behaviour, services } };
}

const pluginKeys: readonly string[] = [
  'behaviour',
  'services',
  'version',
  'requires',
  'group',
  'significant',
  'supervision',
  'props',
] satisfies (keyof SimulatedPlugin)[];

function isBehaviour(given: SimulatedPlugin | Behaviour): given is Behaviour {
  return typeof given === 'function' || !Object.keys(given).some((key) => pluginKeys.includes(key));
}
