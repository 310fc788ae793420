import {
  createEnvironmentWithRuntime,
  noStateStore,
  resolveOptions,
  type RuntimeFactory,
  microtaskClock,
} from '../environment/index.js';
import type { Manifest, PluginLogEntry } from '../model/index.js';
import { seededRandom } from '../policy/index.js';
import type { Behaviour } from './plugins/process-behaviour.js';
import { simulatedBundle } from './plugins/simulated-bundle.js';
import {
  checkSimulatedOptions,
  isBehaviour,
  type SimulatedEnvironmentOptions,
  type SimulatedPlugin,
} from './simulated-options.js';
import { createControls, type SimulatedEnvironment } from './environment-controls.js';
import { createSimulatedHost, type SimulatedPluginSpec } from './plugins/simulated-host.js';
import { createSimulatedClock } from './clock/simulated-clock.js';

/**
 * Creates an environment whose plugins are simulated: the real machines and the real API over a clock that only
 * advances on request. It starts no process, opens no socket and uses no timer of Node.
 *
 * @throws PluginError CONFIG_INVALID when the options are not usable, as `createEnvironment` does.
 */
export async function createSimulatedEnvironment(
  options: SimulatedEnvironmentOptions,
): Promise<SimulatedEnvironment> {
  checkSimulatedOptions(options);
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
