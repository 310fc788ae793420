import {
  createEnvironmentAt,
  noIntent,
  resolveOptions,
  type Environment,
  type EnvironmentOptions,
  type Site,
  promptClock,
} from '../environment/index.js';
import type { LogLevel, Manifest, PluginLogEntry, PluginState } from '../model/index.js';
import { seededRandom } from '../policy/index.js';
import type { Behaviour, ProcessEnd } from './conduct.js';
import type { PretendedService } from './in-process/server-call.js';
import { pretendedBundle } from './pretended-bundle.js';
import { controlsOf } from './pretended-controls.js';
import { openStage, type Role } from './pretended-plugins.js';
import { createSteppingClock, type SteppingClock } from './stepping-clock.js';

/** A plugin that is pretended: what its manifest would say, how it behaves, and what it answers. */
export interface PretendedPlugin extends Partial<
  Pick<Manifest, 'version' | 'requires' | 'group' | 'significant' | 'supervision' | 'props'>
> {
  /** Default: it is fine. */
  readonly behaviour?: Behaviour | undefined;
  /** What can be called. Default: nothing. */
  readonly services?: readonly PretendedService[] | undefined;
}

/** What of an environment's options means something without processes, and the plugins. */
export interface PretendedOptions extends Pick<
  EnvironmentOptions,
  'policy' | 'groups' | 'startConcurrency' | 'versions' | 'logger' | 'inspect'
> {
  /** By their ids; a bare behaviour stands for a plugin that has nothing else. */
  readonly plugins: Readonly<Record<string, PretendedPlugin | Behaviour>>;
  /** Of all chance there is, a whole number. A restart's pause is the one that `simulate` has for it. Default 1. */
  readonly seed?: number | undefined;
  /** In the place of a seed, for the pauses before restarts: the chance itself, in [0, 1). */
  readonly random?: (() => number) | undefined;
  /** What the clock shows at first, in milliseconds since the epoch. Default 0. */
  readonly startsAt?: number | undefined;
}

/** An environment without processes, and the power over its plugins and its time. Take out of it what you need. */
export interface PretendedEnvironment {
  /** To be given to the code under test. It is the one that servers embed, with the same machines below it. */
  readonly env: Environment;
  readonly clock: SteppingClock;
  /** Lets so many milliseconds pass: whatever is due comes in its turn, promises that wait for it included. */
  readonly advance: (ms: number) => Promise<void>;
  /**
   * Lets time pass until the plugin is in this state.
   *
   * Rejects with an Error that explains the plugin after `withinMs` (default: an hour), or when nothing is due any more.
   */
  readonly runUntil: (plugin: string, state: PluginState, withinMs?: number) => Promise<void>;
  /** Lets time pass until the promise is settled, and answers or rejects as it does; otherwise as `runUntil`. */
  readonly settle: <Value>(promise: Promise<Value>, withinMs?: number) => Promise<Value>;
  /** The plugin's process ends by itself. Default: it exits with 1. */
  readonly crash: (plugin: string, end?: ProcessEnd) => void;
  /** Its process does nothing any more, as one that was sent SIGSTOP: it answers no call and no probe. */
  readonly hang: (plugin: string) => void;
  /** It lives, and says NOT_SERVING when it is asked for its health. */
  readonly refuse: (plugin: string) => void;
  /** It goes on after it hung, and says SERVING. What was asked meanwhile is answered. */
  readonly recover: (plugin: string) => void;
  /** How its next processes behave; the one that runs stays as it is. */
  readonly behave: (plugin: string, behaviour: Behaviour) => void;
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
export async function createPretendedEnvironment(options: PretendedOptions): Promise<PretendedEnvironment> {
  const { plugins, seed = 1, random = seededRandom(seed), startsAt = 0, ...rest } = options;
  const clock = createSteppingClock(startsAt);
  const parts = new Map(Object.entries(plugins).map(([id, given]) => [id, partOf(given)]));
  const roles = new Map([...parts].map(([id, { role }]) => [id, role]));
  const stage = openStage(roles, clock, seededRandom(~seed));
  let log = (_: PluginLogEntry): void => undefined;
  const site: Site = {
    scan: async () =>
      Promise.resolve(
        [...parts].map(([id, { manifest }]) => ({ ok: true, id, bundle: pretendedBundle(id, manifest) })),
      ),
    open: async () =>
      Promise.resolve((ties) => {
        log = ties.log;
        return {
          ...stage,
          clock: promptClock(clock),
          random,
          intent: noIntent,
          sweep: nothing,
          killAll: () => undefined,
          close: nothing,
        };
      }),
  };
  const env = await createEnvironmentAt(site, resolveOptions({ ...rest, programs: [], sweep: false }));
  return controlsOf({
    env,
    clock,
    stage,
    roles,
    log: (entry) => {
      log(entry);
    },
  });
}

async function nothing(): Promise<void> {
  return Promise.resolve();
}

/** A plugin's manifest, and the role that it plays. */
function partOf(given: PretendedPlugin | Behaviour): { manifest: Partial<Manifest>; role: Role } {
  const plugin = isBehaviour(given) ? { behaviour: given } : given;
  const { behaviour = {}, services = [], ...manifest } = plugin;
  return { manifest, role: { behaviour, services } };
}

const ofPlugins: readonly string[] = [
  'behaviour',
  'services',
  'version',
  'requires',
  'group',
  'significant',
  'supervision',
  'props',
] satisfies (keyof PretendedPlugin)[];

function isBehaviour(given: PretendedPlugin | Behaviour): given is Behaviour {
  return typeof given === 'function' || !Object.keys(given).some((key) => ofPlugins.includes(key));
}
