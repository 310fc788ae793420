import {
  createPluginEffects,
  createSinks,
  readBundle,
  readLockFile,
  scanBundles,
  underLock,
  type ScannedBundle,
  type SocketDirectories,
} from '../effects/index.js';
import { openIntent, type HostIntent } from './intent.js';
import { killOnExit } from './kill-on-exit.js';
import type { ResolvedOptions } from './options.js';
import { guardOrphans } from './orphans.js';
import { bundleOfProgram } from './programs.js';
import { promptClock } from './prompt-clock.js';
import { makeSocketDirectories } from './socket-options.js';
import type { Site, World, WorldTies } from './world.js';

/** The machine that this process runs on: its files, its processes, its clock. */
export function realSite(options: ResolvedOptions): Site {
  return {
    scan: () => scanAll(options),
    async open(scanned) {
      const sockets = await makeSocketDirectories(options.settings.hostEnv, options.unixSocket);
      const intent = await openIntent(options, scanned).catch((error: unknown) => {
        sockets.removeAll();
        throw error;
      });
      return (ties) => {
        try {
          return realWorld(options, sockets, intent, ties);
        } catch (error) {
          // Whoever tries again within this process would find its own lock.
          intent.abandon();
          sockets.removeAll();
          throw error;
        }
      };
    },
  };
}

function realWorld(
  options: ResolvedOptions,
  sockets: SocketDirectories,
  intent: HostIntent,
  ties: WorldTies,
): World {
  const { emit, log, plugins } = ties;
  const sinks = createSinks(options.sinks ?? {}, log);
  const orphans = guardOrphans(sockets.root, options.orphans, emit, () => effects.now());
  const effects = createPluginEffects(
    options.settings,
    sockets,
    log,
    sinks,
    orphans.guard,
    intent.keptDirectory,
  );
  const guard = killOnExit(plugins, sockets);
  return {
    effects,
    clock: promptClock({ setTimeout, clearTimeout: stopTimer }),
    random: Math.random,
    intent: { ...intent, over: (setting) => intent.over({ ...setting, guard: orphans.guard, sockets }) },
    sweep: orphans.sweep,
    killAll: guard.killAll,
    async close() {
      await orphans.close();
      sinks.close();
      sockets.removeAll();
      guard.release();
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
  const lock = lockFile === null ? null : await readLockFile(lockFile);
  const scanned = pluginDir === undefined ? [] : await scanBundles(pluginDir, { hostVersion });
  const single = await Promise.all(bundles.map((directory) => readBundle(directory, { hostVersion })));
  const found = [...scanned, ...single].map((one) =>
    lock === null || lockFile === null ? one : underLock(one, lock, lockFile),
  );
  return [...found, ...programs.map(bundleOfProgram)];
}
