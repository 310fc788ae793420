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
import type { createPluginCalls } from '../calls/plugin-calls.js';
import { processToken } from '../orphans/stop-orphan.js';
import { createStateRecorder, type StateRecorder } from './state-recorder.js';
import { observeInheritedPlugins, type InheritedPlugin } from './inherited-plugins.js';
import type { ResolvedOptions } from '../options/environment-options.js';
import { createRestorer, type Restorer } from './restorer.js';
import type { InheritedState, PluginRegistry } from '../registry/plugin-registry.js';
import { withTimeout } from '../with-timeout.js';

type AllCalls = ReturnType<typeof createPluginCalls>;
/** The calls that an embedder has. */
type Calls = Omit<AllCalls, 'resume' | 'readopt'> & { restore(): Promise<readonly RestoreOutcome[]> };

/** The environment, as far as its intent has to know it. */
export interface StateStoreDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly calls: AllCalls;
  readonly registry: PluginRegistry;
  readonly emit: (event: EnvironmentEvent) => void;
  readonly now: () => number;
}

interface HostStateStoreDependencies extends StateStoreDependencies {
  readonly guard: Guard;
  readonly sockets: { readonly root: string };
}

/** What an environment does so that what is wanted of its plugins survives the host. */
export interface StateStore<Given = StateStoreDependencies> {
  readonly inheritedState: (id: string) => InheritedState | undefined;
  /** The calls, each after whatever has to be settled first of what an earlier host has left. */
  wrapCalls(setting: Given): Calls;
  /** Begins to clear away what an earlier host has left, and tells what was found. */
  readonly start: () => Promise<void>;
  /** An operator has set a policy over options and manifest, or has taken it back with an empty one. */
  recordPolicy(id: string, supervision: SupervisionOptions): void;
  /** The environment stops: from here on nothing changes what is wanted. */
  freeze(): void;
  close(): Promise<void>;
}

/** Intent on this machine, where processes may have outlived their host. */
export interface HostStateStore extends StateStore<HostStateStoreDependencies> {
  /** The directory that an earlier host made for a process that is taken over. */
  readonly inheritedDirectory: (pid: number) => string | null;
  /** Lets go of the state directory before anything was done with it. */
  release(): void;
}

/** How long a shutdown waits for what is being cleared away, and then for a disk that hangs. */
const closeDeadlineMs = 5000;

/** Takes the state directory, if there is one, and looks at what an earlier host has left. Throws CONFIG_INVALID. */
export async function openStateStore(
  options: ResolvedOptions,
  scanned: readonly ScannedBundle[],
): Promise<HostStateStore> {
  const { stateDir } = options;
  if (stateDir === undefined)
    return { ...noStateStore, inheritedDirectory: () => null, release: () => undefined };
  const lock = await acquireStateLock(stateDir);
  const read = await readRecords(stateDir);
  const remnants = await observeInheritedPlugins(read.records, scanned, options);
  return createStateStore(stateDir, options, { lock, read, inheritedPlugins: remnants });
}

/** Nothing survives, and nothing is to be restored. */
export const noStateStore: StateStore = {
  inheritedState: () => undefined,
  wrapCalls: ({ calls: { resume: _, readopt: __, ...calls } }) => ({
    ...calls,
    restore: () => Promise.resolve([]),
  }),
  start: () => Promise.resolve(),
  recordPolicy: () => undefined,
  freeze: () => undefined,
  close: () => Promise.resolve(),
};

interface OpenedStateDirectory {
  readonly lock: StateLock;
  readonly read: ReadRecords;
  readonly inheritedPlugins: ReadonlyMap<string, InheritedPlugin>;
}

function createStateStore(
  stateDir: string,
  options: ResolvedOptions,
  { lock, read, inheritedPlugins }: OpenedStateDirectory,
): HostStateStore {
  const { previousHosts } = lock;
  const records = new Map(read.records.map((record) => [record.plugin, record]));
  let parts: {
    readonly setting: HostStateStoreDependencies;
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
    const { emit, now } = parts.setting;
    emit({ type: 'environment.stateDirectory', at: now(), state, file, problem });
  };
  const emitWritable = (problem: string | null): void => {
    if (isWritable === (problem === null)) return;
    isWritable = problem === null;
    emitStateDirectory(isWritable ? 'writable' : 'unwritable', stateDir, problem);
  };
  const termMs = (id: string): number => {
    const { registry } = parts.setting;
    const supervision = registry.isRunnable(id) ? registry.manifest(id).supervision : undefined;
    return composePolicy(options.policy, supervision, records.get(id)?.policy).deadlines.termMs;
  };
  const own = (): PreviousHost => ({
    scope: parts.setting.guard.scope,
    directory: parts.setting.sockets.root,
  });
  /** Answers why it cannot be written, or `null`. */
  const note = (others: readonly PreviousHost[]): Promise<string | null> =>
    lock.recordOwner(own(), others).then(() => null, messageOf);
  /** What is taken over carries the scope of the host that started it, which nothing but this tells of for certain. */
  const ownsReattachedProcess = ({ scope }: PreviousHost): boolean =>
    [...inheritedPlugins.values()].some(
      ({ record, restoration }) =>
        restoration.process === 'adopt' &&
        record.process !== null &&
        processToken(record.process)?.scope === scope,
    );
  const reapOrphans = async (): Promise<void> => {
    await parts.restorer.reapOrphans();
    emitWritable(await note(previousHosts.filter(ownsReattachedProcess)));
    isReaped = true;
  };
  /** Without anything to settle a call is made at once, as it is without a state directory. */
  const afterRestoration = <Answer>(id: string, act: () => Promise<Answer>): Promise<Answer> =>
    isReaped && !inheritedPlugins.has(id) ? act() : parts.restorer.reattach(id).then(act);

  return {
    inheritedDirectory: (pid) =>
      [...inheritedPlugins.values()].find(({ record }) => record.process?.pid === pid)?.record.process
        ?.socketDirectory ?? null,
    inheritedState: (id) => {
      const record = records.get(id);
      const isAdopted = inheritedPlugins.get(id)?.restoration.process === 'adopt';
      return record && inheritedStateOf(record, isAdopted, parts.setting.now());
    },
    wrapCalls(setting) {
      const { actor, calls, registry, guard, emit, now } = setting;
      const swept = (processes: readonly number[]): void => {
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
        calls,
        registry,
        guard,
        inheritedPlugins,
        previousHosts,
        termMs,
        onReaped: swept,
      });
      const recorder = createStateRecorder({
        directory: stateDir,
        actor,
        records,
        processesOutliveHost: options.settings.outlivesHost,
        hostEnv: options.settings.hostEnv,
        now,
        onWritten: emitWritable,
        ensureLease: () => lock.ensureHeld(),
        onInheritedExit: (process) => {
          // What it has forked may have left its group; what we started ourselves is seen to already.
          const carried = processToken(process);
          if (carried !== null && carried.scope !== guard.scope)
            void guard.reap(carried.scope, carried.token).then((pids) => {
              swept(pids ?? []);
            });
        },
      });
      parts = { setting, recorder, restorer };
      return persistCalls(calls, afterRestoration, parts, [...inheritedPlugins.keys()]);
    },
    async start() {
      const problem = await note(previousHosts);
      // Whoever is just being given the environment shall hear of it, too.
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
      await withTimeout(closeDeadlineMs, lock.release());
    },
    release: () => {
      void lock.release();
    },
  };
}

function persistCalls(
  { resume: _, readopt: __, ...calls }: AllCalls,
  afterRestoration: <Answer>(id: string, act: () => Promise<Answer>) => Promise<Answer>,
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
    // Who was told that a plugin is down, or gone, may switch the machine off.
    async deactivate(id) {
      const answer = await afterRestoration(id, () => calls.deactivate(id));
      // What an earlier host wanted and nobody has restored does not move.
      recorder.recordDecision(id);
      await recorder.flush();
      return answer;
    },
    async removePlugin(id) {
      await afterRestoration(id, () => calls.removePlugin(id));
      recorder.remove(id);
      await recorder.flush();
    },
    restore: () => restorer.restore(),
  };
}

/** A process that is taken over is the same generation as before; the count goes up as it is attached to. */
function inheritedStateOf(record: PluginRecord, isAdopted: boolean, now: number): InheritedState {
  const { generation, restarts, policy } = record;
  // Of the two, the clock on the wall alone is put right while a host runs.
  const writtenAt = record.writtenAt + now - Date.now();
  return {
    generation: isAdopted ? Math.max(0, generation - 1) : generation,
    remembered: { restarts, history: historyFrom({ ...record, writtenAt }, now) },
    policy,
  };
}
