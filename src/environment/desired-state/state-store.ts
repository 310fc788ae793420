import type { Actor } from 'xstate';
import {
  readRecords,
  acquireStateLock,
  type Guard,
  type StateLock,
  type PreviousHost,
  type ReadRecords,
  type ScannedBundle,
} from '../../effects/index.js';
import type { EnvironmentMachine } from '../../machines/index.js';
import {
  messageOf,
  type EnvironmentEvent,
  type PluginRecord,
  type RestoreOutcome,
  type SupervisionOptions,
} from '../../model/index.js';
import { composePolicy, historyFrom } from '../../policy/index.js';
import type { InheritedCalls, PluginCalls } from '../calls/plugin-calls.js';
import { processToken } from '../orphans/stop-orphan.js';
import { createStateRecorder, type StateRecorder } from './state-recorder.js';
import { observeInheritedPlugins, type InheritedPlugin } from './inherited-plugins.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { createRestorer, type Restorer } from './restorer.js';
import type { InheritedState, PluginRegistry } from '../registry/plugin-registry.js';
import { withTimeout } from '../orphans/with-timeout.js';

type Calls = PluginCalls & { restore(): Promise<readonly RestoreOutcome[]> };

/** The parts of an environment that its state store needs. */
export interface StateStoreDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly calls: PluginCalls;
  readonly inherited: InheritedCalls;
  readonly registry: PluginRegistry;
  readonly emit: (event: EnvironmentEvent) => void;
  readonly now: () => number;
}

interface HostStateStoreDependencies extends StateStoreDependencies {
  readonly guard: Guard;
  readonly sockets: { readonly root: string };
}

/** Keeps the desired state of an environment's plugins, so that it survives the host. */
export interface StateStore<Dependencies = StateStoreDependencies> {
  /** What a previous host recorded about a plugin. */
  readonly inheritedState: (id: string) => InheritedState | undefined;
  /** Wraps the calls: each waits until what a previous host left of the plugin is reattached or stopped. */
  wrapCalls(dependencies: Dependencies): Calls;
  /** Starts to reap what previous hosts left, and emits events about the files that were found. */
  readonly start: () => Promise<void>;
  /** Records the policy that an operator has set; an empty one removes it. */
  recordPolicy(id: string, supervision: SupervisionOptions): void;
  /** Called when the environment stops: from then on the desired state does not change. */
  freeze(): void;
  /** Writes what is pending and releases the state directory. Takes at most 12 seconds, also when the disk hangs. */
  close(): Promise<void>;
}

/** The state store on this machine, where processes may have outlived their host. */
export interface HostStateStore extends StateStore<HostStateStoreDependencies> {
  /** The socket directory that a previous host made for a process that is reattached. */
  readonly inheritedDirectory: (pid: number) => string | null;
  /** Releases the state lock, when the environment could not be created. */
  release(): void;
}

/** How long a shutdown waits for reaping, and then again for the disk. */
const closeDeadlineMs = 5000;

/**
 * Acquires the state lock of `stateDir`, reads its records and decides what to do with each plugin of the previous host.
 * Without a `stateDir`, returns a store that keeps nothing.
 *
 * @throws PluginError CONFIG_INVALID when another host holds the lock, or the directory is not usable.
 */
export async function openStateStore(
  options: ResolvedOptions,
  scanned: readonly ScannedBundle[],
): Promise<HostStateStore> {
  const { stateDir } = options;
  if (stateDir === undefined)
    return { ...noStateStore, inheritedDirectory: () => null, release: () => undefined };
  const stateLock = await acquireStateLock(stateDir);
  const read = await readRecords(stateDir);
  const inheritedPlugins = await observeInheritedPlugins(read.records, scanned, options);
  return createStateStore(stateDir, options, { stateLock, read, inheritedPlugins });
}

/** A state store that keeps and restores nothing. */
export const noStateStore: StateStore = {
  inheritedState: () => undefined,
  wrapCalls: ({ calls }) => ({ ...calls, restore: () => Promise.resolve([]) }),
  start: () => Promise.resolve(),
  recordPolicy: () => undefined,
  freeze: () => undefined,
  close: () => Promise.resolve(),
};

interface OpenedStateDirectory {
  readonly stateLock: StateLock;
  readonly read: ReadRecords;
  readonly inheritedPlugins: ReadonlyMap<string, InheritedPlugin>;
}

function createStateStore(
  stateDir: string,
  options: ResolvedOptions,
  { stateLock, read, inheritedPlugins }: OpenedStateDirectory,
): HostStateStore {
  const { previousHosts } = stateLock;
  const records = new Map(read.records.map((record) => [record.plugin, record]));
  // Set by `wrapCalls`, which the environment calls before everything else.
  let parts: {
    readonly dependencies: HostStateStoreDependencies;
    readonly recorder: StateRecorder;
    readonly restorer: Restorer;
  };
  let isReaped = false;
  let isWritable = true;

  const emitStateDirectory = (
    state: 'quarantined' | 'unwritable' | 'writable',
    file: string,
    problem: string | null,
  ): void => {
    const { emit, now } = parts.dependencies;
    emit({ type: 'environment.stateDirectory', at: now(), state, file, problem });
  };
  const emitWritable = (problem: string | null): void => {
    if (isWritable === (problem === null)) return;
    isWritable = problem === null;
    emitStateDirectory(isWritable ? 'writable' : 'unwritable', stateDir, problem);
  };
  const termMs = (id: string): number => {
    const { registry } = parts.dependencies;
    const supervision = registry.isRunnable(id) ? registry.manifest(id).supervision : undefined;
    return composePolicy(options.policy, supervision, records.get(id)?.policy).deadlines.termMs;
  };
  /** Resolves with the reason why the owner cannot be written, or `null`. */
  const recordOwner = (others: readonly PreviousHost[]): Promise<string | null> => {
    const { guard, sockets } = parts.dependencies;
    return stateLock
      .recordOwner({ scope: guard.scope, directory: sockets.root }, others)
      .then(() => null, messageOf);
  };
  /** A reattached process keeps the scope of the host that started it, so the next host must find that scope here. */
  const ownsReattachedProcess = ({ scope }: PreviousHost): boolean =>
    [...inheritedPlugins.values()].some(
      ({ record, restoration }) =>
        restoration.process === 'reattach' &&
        record.process !== null &&
        processToken(record.process)?.scope === scope,
    );
  const reapOrphans = async (): Promise<void> => {
    await parts.restorer.reapOrphans();
    emitWritable(await recordOwner(previousHosts.filter(ownsReattachedProcess)));
    isReaped = true;
  };
  /** Makes the call at once when nothing of a previous host has to be dealt with first. */
  const afterRestoration = <Result>(id: string, call: () => Promise<Result>): Promise<Result> =>
    isReaped && !inheritedPlugins.has(id) ? call() : parts.restorer.reattach(id).then(call);

  return {
    inheritedDirectory: (pid) =>
      [...inheritedPlugins.values()].find(({ record }) => record.process?.pid === pid)?.record.process
        ?.socketDirectory ?? null,
    inheritedState: (id) => {
      const record = records.get(id);
      const isReattached = inheritedPlugins.get(id)?.restoration.process === 'reattach';
      return record && inheritedStateOf(record, isReattached, parts.dependencies.now());
    },
    wrapCalls(dependencies) {
      const { actor, calls, inherited, registry, guard, emit, now } = dependencies;
      const emitReaped = (processes: readonly number[]): void => {
        if (processes.length === 0) return;
        emit({
          type: 'environment.orphansReaped',
          at: now(),
          because: 'host.died',
          processes,
          directories: [],
        });
      };
      const restorer = createRestorer({
        actor,
        inherited,
        registry,
        guard,
        inheritedPlugins,
        previousHosts,
        termMs,
        onReaped: emitReaped,
      });
      const recorder = createStateRecorder({
        directory: stateDir,
        actor,
        records,
        processesOutliveHost: options.settings.outlivesHost,
        hostEnv: options.settings.hostEnv,
        now,
        onWritten: emitWritable,
        ensureLocked: () => stateLock.ensureHeld(),
        onProcessExit: (process) => {
          // Its children may have left its process group. The guard of this host reaps only what this host started.
          const token = processToken(process);
          if (token !== null && token.scope !== guard.scope)
            void guard.reap(token.scope, token.token).then((pids) => {
              emitReaped(pids ?? []);
            });
        },
      });
      parts = { dependencies, recorder, restorer };
      return persistCalls(calls, afterRestoration, parts, [...inheritedPlugins.keys()]);
    },
    async start() {
      const problem = await recordOwner(previousHosts);
      // Deferred, so that the caller of createEnvironment can subscribe first.
      setImmediate(() => {
        emitWritable(problem);
        for (const { file, problem: why } of read.setAside) emitStateDirectory('quarantined', file, why);
        void reapOrphans();
      });
    },
    recordPolicy: (id, supervision) => {
      parts.recorder.recordPolicy(id, supervision);
    },
    freeze: () => {
      parts.recorder.freeze();
    },
    async close() {
      await withTimeout(closeDeadlineMs, parts.restorer.reapOrphans());
      await parts.recorder.flush();
      await withTimeout(closeDeadlineMs, stateLock.release());
    },
    release: () => {
      void stateLock.release();
    },
  };
}

function persistCalls(
  calls: PluginCalls,
  afterRestoration: <Result>(id: string, call: () => Promise<Result>) => Promise<Result>,
  { recorder, restorer }: { readonly recorder: StateRecorder; readonly restorer: Restorer },
  inheritedIds: readonly string[],
): Calls {
  return {
    ...calls,
    activate: (id) => afterRestoration(id, () => calls.activate(id)),
    async activateAll() {
      await Promise.all(inheritedIds.map((id) => restorer.reattach(id)));
      return calls.activateAll();
    },
    reattach: (manifestOrId, config) => {
      const id = typeof manifestOrId === 'string' ? manifestOrId : manifestOrId.id;
      return afterRestoration(id, () => calls.reattach(manifestOrId, config));
    },
    restartPlugin: (id) => afterRestoration(id, () => calls.restartPlugin(id)),
    // The machine may be switched off as soon as this call resolves, so the record must be on the disk before.
    async deactivate(id) {
      const wasActive = await afterRestoration(id, () => calls.deactivate(id));
      // A plugin that was not restored emits no snapshot here, so its record is written explicitly.
      recorder.recordDecision(id);
      await recorder.flush();
      return wasActive;
    },
    async removePlugin(id) {
      await afterRestoration(id, () => calls.removePlugin(id));
      recorder.remove(id);
      await recorder.flush();
    },
    restore: () => restorer.restore(),
  };
}

/** A reattached process keeps its generation: attaching adds one to the count, so one is taken off here. */
function inheritedStateOf(record: PluginRecord, isReattached: boolean, now: number): InheritedState {
  const { generation, restarts, policy } = record;
  // `writtenAt` is in wall-clock time, which may have been corrected since this host started; `now` may have not.
  const writtenAt = record.writtenAt + now - Date.now();
  return {
    generation: isReattached ? Math.max(0, generation - 1) : generation,
    remembered: { restarts, history: historyFrom({ ...record, writtenAt }, now) },
    policy,
  };
}
