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

/** A plugin without a process: parts of its manifest, the behaviour of its processes, and its gRPC services. */
export interface SimulatedPlugin extends Partial<
  Pick<Manifest, 'version' | 'requires' | 'group' | 'significant' | 'supervision' | 'props'>
> {
  /** How its processes behave. Default: `behavesWell()`. */
  readonly behaviour?: Behaviour | undefined;
  /** The gRPC services that it serves. Default: none. */
  readonly services?: readonly SimulatedService[] | undefined;
}

/** The plugins, and those options of an environment that apply without processes. */
export interface SimulatedEnvironmentOptions extends Pick<
  EnvironmentOptions,
  'policy' | 'groups' | 'startConcurrency' | 'versions' | 'logger' | 'inspect'
> {
  /** The plugins by id; a behaviour alone is a plugin without services and dependencies. */
  readonly plugins: Readonly<Record<string, SimulatedPlugin | Behaviour>>;
  /** The seed of all random numbers, a whole number; restart delays are those of `simulate`. Default 1. */
  readonly seed?: number | undefined;
  /** The random numbers of restart delays, in [0, 1), in place of a seed. */
  readonly random?: (() => number) | undefined;
  /** The initial time of the clock, in milliseconds since the epoch. Default 0. */
  readonly startsAt?: number | undefined;
}

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

/**
 * Creates an environment whose plugins are simulated: the real machines and the real API over a clock that only
 * advances on request. It starts no process, opens no socket and uses no timer of Node.
 *
 * @throws PluginError CONFIG_INVALID when the options are not usable, as `createEnvironment` does.
 */
export async function createSimulatedEnvironment(
  options: SimulatedEnvironmentOptions,
): Promise<SimulatedEnvironment> {
  const { plugins, seed = 1, random = seededRandom(seed), startsAt = 0, ...environmentOptions } = options;
  const clock = createSimulatedClock(startsAt);
  const definitions = new Map(Object.entries(plugins).map(([id, given]) => [id, definitionOf(given)]));
  const specs = new Map([...definitions].map(([id, { spec }]) => [id, spec]));
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
          effects: host.effects,
          atDeadline: host.atDeadline,
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
    resolveOptions({ ...environmentOptions, programs: [], reapOrphans: false }),
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

/** The manifest of a plugin, and what is simulated of it. */
function definitionOf(given: SimulatedPlugin | Behaviour): {
  manifest: Partial<Manifest>;
  spec: SimulatedPluginSpec;
} {
  const plugin = isBehaviour(given) ? { behaviour: given } : given;
  const { behaviour = {}, services = [], ...manifest } = plugin;
  return { manifest, spec: { behaviour, services } };
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
