import {
  createPluginEffects,
  createSinks,
  readBundle,
  readLockfile,
  scanBundles,
  applyLockfile,
  type ScannedBundle,
  type SocketDirectories,
} from '../../effects/index.js';
import { openStateStore, type HostStateStore } from '../desired-state/state-store.js';
import { killOnExit } from './kill-on-exit.js';
import type { ResolvedOptions } from '../options/environment-options.js';
import { createReaper } from '../orphans/reaper.js';
import { programBundle } from '../options/program-options.js';
import { microtaskClock } from './microtask-clock.js';
import { makeSocketDirectories } from '../options/socket-options.js';
import type { RuntimeFactory, Runtime, RuntimeHooks } from './runtime.js';

/** The machine that this process runs on: its files, its processes, its clock. */
export function nodeRuntime(options: ResolvedOptions): RuntimeFactory {
  return {
    scan: () => scanAll(options),
    async open(scanned) {
      const sockets = await makeSocketDirectories(options.settings.hostEnv, options.unixSocket);
      const intent = await openStateStore(options, scanned).catch((error: unknown) => {
        sockets.removeAll();
        throw error;
      });
      return (ties) => {
        try {
          return createNodeRuntime(options, sockets, intent, ties);
        } catch (error) {
          // Whoever tries again within this process would find its own lock.
          intent.release();
          sockets.removeAll();
          throw error;
        }
      };
    },
  };
}

function createNodeRuntime(
  options: ResolvedOptions,
  sockets: SocketDirectories,
  stateStore: HostStateStore,
  hooks: RuntimeHooks,
): Runtime {
  const { emit, log, plugins } = hooks;
  const sinks = createSinks(options.sinks ?? {}, log);
  const reaper = createReaper(sockets.root, options.orphans, emit, () => effects.now());
  const effects = createPluginEffects(
    options.settings,
    sockets,
    log,
    sinks,
    reaper.guard,
    stateStore.inheritedDirectory,
  );
  const exitHandler = killOnExit(plugins, sockets);
  return {
    effects,
    clock: microtaskClock({ setTimeout, clearTimeout: stopTimer }),
    random: Math.random,
    stateStore: {
      ...stateStore,
      wrapCalls: (setting) => stateStore.wrapCalls({ ...setting, guard: reaper.guard, sockets }),
    },
    reapOrphans: reaper.reapOrphans,
    killAll: exitHandler.killAll,
    async close() {
      await reaper.close();
      sinks.close();
      sockets.removeAll();
      exitHandler.release();
    },
  };
}

/** XState leaves the handle of a timer to the clock, which gave it. */
function stopTimer(timer: unknown): void {
  clearTimeout(timer as NodeJS.Timeout);
}

async function scanAll({
  pluginDir,
  bundles,
  programs,
  hostVersion,
  lockFile,
}: ResolvedOptions): Promise<ScannedBundle[]> {
  const lock = lockFile === null ? null : await readLockfile(lockFile);
  const scanned = pluginDir === undefined ? [] : await scanBundles(pluginDir, { hostVersion });
  const single = await Promise.all(bundles.map((directory) => readBundle(directory, { hostVersion })));
  const found = [...scanned, ...single].map((one) =>
    lock === null || lockFile === null ? one : applyLockfile(one, lock, lockFile),
  );
  return [...found, ...programs.map(programBundle)];
}
