import type { ActorRefFrom } from 'xstate';
import {
  createPluginEffects,
  createSinks,
  readBundle,
  readLockFile,
  scanBundles,
  applyLockFile,
  type PluginProcess,
  type ScannedBundle,
  type SocketDirectories,
} from '../../effects/index.js';
import { maySignal, type PluginMachine } from '../../machines/index.js';
import { guardedSinks } from '../callbacks/guarded-sinks.js';
import { openStateStore, type HostStateStore } from '../desired-state/state-store.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { createReaper } from '../orphans/reaper.js';
import { programBundle } from '../options/program-options.js';
import { microtaskClock } from './microtask-clock.js';
import { runningTimeClock, type HostTimers } from './running-time-clock.js';
import { makeSocketDirectories } from '../options/socket-options.js';
import type { RuntimeFactory, Runtime, RuntimeHooks } from './runtime.js';

/** The runtime of this Node process: real files, child processes and the system clock. */
export function nodeRuntime(options: ResolvedOptions): RuntimeFactory {
  return {
    scan: () => scanAll(options),
    async open(scanned) {
      const sockets = await makeSocketDirectories(options.settings.hostEnv, options.unixSocket);
      const stateStore = await openStateStore(options, scanned).catch((error: unknown) => {
        sockets.removeAllNow();
        throw error;
      });
      return (hooks) => {
        try {
          return createNodeRuntime(options, sockets, stateStore, hooks);
        } catch (error) {
          // Otherwise a second attempt in this process would fail at the state lock of the first.
          stateStore.release();
          sockets.removeAllNow();
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
  const { emit, log, plugins, boundaryOf } = hooks;
  const sinks = createSinks(guardedSinks(options.sinks ?? {}, boundaryOf), log);
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
    clock: microtaskClock(runningTimeClock(hostTimers)),
    random: Math.random,
    stateStore: {
      ...stateStore,
      wrapCalls: (dependencies) => stateStore.wrapCalls({ ...dependencies, guard: reaper.guard, sockets }),
    },
    reapOrphans: reaper.reapOrphans,
    killAll: exitHandler.killAll,
    async close() {
      await reaper.close();
      sinks.close();
      await sockets.removeAll();
      exitHandler.release();
    },
  };
}

/**
 * Kills the plugins when the host ends without a shutdown (process.exit, an uncaught exception): nothing asynchronous
 * runs any more then. A fatal signal without a handler skips this; see docs/embedding.md.
 */
function killOnExit(plugins: () => readonly ActorRefFrom<PluginMachine>[], sockets: SocketDirectories) {
  const killAll = (): void => {
    for (const plugin of plugins()) {
      const { context } = plugin.getSnapshot();
      if (maySignal(context)) (context.process as PluginProcess | null)?.signal('SIGKILL');
    }
    sockets.removeAllNow();
  };
  process.once('exit', killAll);
  return { killAll, release: () => process.off('exit', killAll) };
}

const hostTimers: HostTimers = {
  setTimeout,
  // The handle comes from Node's `setTimeout`.
  clearTimeout: (timer) => {
    clearTimeout(timer as NodeJS.Timeout);
  },
  setImmediate,
  now: () => performance.now(),
};

async function scanAll({
  pluginDir,
  bundles,
  programs,
  hostVersion,
  lockFile,
}: ResolvedOptions): Promise<ScannedBundle[]> {
  const locked = lockFile === null ? null : await readLockFile(lockFile);
  const scanned = pluginDir === undefined ? [] : await scanBundles(pluginDir, { hostVersion });
  const single = await Promise.all(bundles.map((directory) => readBundle(directory, { hostVersion })));
  const found = [...scanned, ...single].map((bundle) =>
    locked === null || lockFile === null ? bundle : applyLockFile(bundle, locked, lockFile),
  );
  return [...found, ...programs.map(programBundle)];
}
