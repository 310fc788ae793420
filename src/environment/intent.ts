import type { Actor } from 'xstate';
import {
  readRecords,
  takeHostLock,
  type Guard,
  type HostLock,
  type Predecessor,
  type ReadRecords,
  type ScannedBundle,
} from '../effects/index.js';
import type { EnvironmentMachine } from '../machines/index.js';
import {
  messageOf,
  type EnvironmentEvent,
  type PluginRecord,
  type Restored,
  type Supervision,
} from '../model/index.js';
import { composePolicy, rememberedFrom } from '../policy/index.js';
import type { createCalls } from './calls.js';
import { tokenOf } from './end-remnant.js';
import { createRecorder, type Recorder } from './intent-recorder.js';
import { observeRemnants, type Remnant } from './observe-remnants.js';
import type { ResolvedOptions } from './options.js';
import { createRestorer, type Restorer } from './restorer.js';
import type { Recalled, Roster } from './roster.js';
import { within } from './within.js';

type AllCalls = ReturnType<typeof createCalls>;
/** The calls that an embedder has. */
type Calls = Omit<AllCalls, 'resume' | 'readopt'> & { restore(): Promise<readonly Restored[]> };

/** The environment, as far as its intent has to know it. */
export interface IntentSetting {
  readonly actor: Actor<EnvironmentMachine>;
  readonly calls: AllCalls;
  readonly roster: Roster;
  readonly emit: (event: EnvironmentEvent) => void;
  readonly now: () => number;
}

interface Setting extends IntentSetting {
  readonly guard: Guard;
  readonly sockets: { readonly root: string };
}

/** What an environment does so that what is wanted of its plugins survives the host. */
export interface Intent<Given = IntentSetting> {
  readonly recall: (id: string) => Recalled | undefined;
  /** The calls, each after whatever has to be settled first of what an earlier host has left. */
  over(setting: Given): Calls;
  /** Begins to clear away what an earlier host has left, and tells what was found. */
  readonly begin: () => Promise<void>;
  /** An operator has set a policy over options and manifest, or has taken it back with an empty one. */
  notePolicy(id: string, supervision: Supervision): void;
  /** The environment stops: from here on nothing changes what is wanted. */
  freeze(): void;
  close(): Promise<void>;
}

/** Intent on this machine, where processes may have outlived their host. */
export interface HostIntent extends Intent<Setting> {
  /** The directory that an earlier host made for a process that is taken over. */
  readonly keptDirectory: (pid: number) => string | null;
  /** Lets go of the state directory before anything was done with it. */
  abandon(): void;
}

/** How long a shutdown waits for what is being cleared away, and then for a disk that hangs. */
const clearDeadlineMs = 5000;

/** Takes the state directory, if there is one, and looks at what an earlier host has left. Throws CONFIG_INVALID. */
export async function openIntent(
  options: ResolvedOptions,
  scanned: readonly ScannedBundle[],
): Promise<HostIntent> {
  const { stateDir } = options;
  if (stateDir === undefined) return { ...noIntent, keptDirectory: () => null, abandon: () => undefined };
  const lock = await takeHostLock(stateDir);
  const read = await readRecords(stateDir);
  const remnants = await observeRemnants(read.records, scanned, options);
  return intentIn(stateDir, options, { lock, read, remnants });
}

/** Nothing survives, and nothing is to be restored. */
export const noIntent: Intent = {
  recall: () => undefined,
  over: ({ calls: { resume: _, readopt: __, ...calls } }) => ({
    ...calls,
    restore: () => Promise.resolve([]),
  }),
  begin: () => Promise.resolve(),
  notePolicy: () => undefined,
  freeze: () => undefined,
  close: () => Promise.resolve(),
};

interface Found {
  readonly lock: HostLock;
  readonly read: ReadRecords;
  readonly remnants: ReadonlyMap<string, Remnant>;
}

function intentIn(stateDir: string, options: ResolvedOptions, { lock, read, remnants }: Found): HostIntent {
  const { predecessors } = lock;
  const records = new Map(read.records.map((record) => [record.plugin, record]));
  let parts: { readonly setting: Setting; readonly recorder: Recorder; readonly restorer: Restorer };
  let isClear = false;

  let isKept = true;

  const tell = (state: 'setAside' | 'notKept' | 'kept', file: string, problem: string | null): void => {
    const { emit, now } = parts.setting;
    emit({ type: 'environment.intent', at: now(), state, file, problem });
  };
  const tellKept = (problem: string | null): void => {
    if (isKept === (problem === null)) return;
    isKept = problem === null;
    tell(isKept ? 'kept' : 'notKept', stateDir, problem);
  };
  const termMs = (id: string): number => {
    const { roster } = parts.setting;
    const supervision = roster.isRunnable(id) ? roster.manifest(id).supervision : undefined;
    return composePolicy(options.policy, supervision, records.get(id)?.policy).deadlines.termMs;
  };
  const own = (): Predecessor => ({
    scope: parts.setting.guard.scope,
    place: parts.setting.sockets.root,
  });
  /** Answers why it cannot be written, or `null`. */
  const note = (others: readonly Predecessor[]): Promise<string | null> =>
    lock.note(own(), others).then(() => null, messageOf);
  /** What is taken over carries the scope of the host that started it, which nothing but this tells of for certain. */
  const isCarried = ({ scope }: Predecessor): boolean =>
    [...remnants.values()].some(
      ({ record, restoration }) =>
        restoration.process === 'adopt' &&
        record.process !== null &&
        tokenOf(record.process)?.scope === scope,
    );
  const clear = async (): Promise<void> => {
    await parts.restorer.clear();
    tellKept(await note(predecessors.filter(isCarried)));
    isClear = true;
  };
  /** Without anything to settle a call is made at once, as it is without a state directory. */
  const first = <Answer>(id: string, act: () => Promise<Answer>): Promise<Answer> =>
    isClear && !remnants.has(id) ? act() : parts.restorer.claim(id).then(act);

  return {
    keptDirectory: (pid) =>
      [...remnants.values()].find(({ record }) => record.process?.pid === pid)?.record.process?.directory ??
      null,
    recall: (id) => {
      const record = records.get(id);
      const isAdopted = remnants.get(id)?.restoration.process === 'adopt';
      return record && recalledFrom(record, isAdopted, parts.setting.now());
    },
    over(setting) {
      const { actor, calls, roster, guard, emit, now } = setting;
      const swept = (processes: readonly number[]): void => {
        if (processes.length === 0) return;
        emit({ type: 'environment.swept', at: now(), because: 'host.died', processes, directories: [] });
      };
      const restorer = createRestorer({ actor, calls, roster, guard, remnants, predecessors, termMs, swept });
      const recorder = createRecorder({
        directory: stateDir,
        actor,
        records,
        lasting: options.settings.lasting,
        hostEnv: options.settings.hostEnv,
        now,
        tell: tellKept,
        hold: () => lock.hold(),
        outlived: (process) => {
          // What it has forked may have left its group; what we started ourselves is seen to already.
          const carried = tokenOf(process);
          if (carried !== null && carried.scope !== guard.scope)
            void guard.hunt(carried.scope, carried.token).then((pids) => {
              swept(pids ?? []);
            });
        },
      });
      parts = { setting, recorder, restorer };
      return guardedCalls(calls, first, parts, [...remnants.keys()]);
    },
    async begin() {
      const problem = await note(predecessors);
      // Whoever is just being given the environment shall hear of it, too.
      setImmediate(() => {
        tellKept(problem);
        for (const { file, problem: why } of read.aside) tell('setAside', file, why);
        void clear();
      });
    },
    notePolicy: (id, supervision) => {
      parts.recorder.notePolicy(id, supervision);
    },
    freeze: () => {
      parts.recorder.freeze();
    },
    async close() {
      await within(clearDeadlineMs, parts.restorer.clear());
      await parts.recorder.settled();
      await within(clearDeadlineMs, lock.release());
    },
    abandon: () => {
      void lock.release();
    },
  };
}

function guardedCalls(
  { resume: _, readopt: __, ...calls }: AllCalls,
  first: <Answer>(id: string, act: () => Promise<Answer>) => Promise<Answer>,
  { recorder, restorer }: { readonly recorder: Recorder; readonly restorer: Restorer },
  left: readonly string[],
): Calls {
  return {
    ...calls,
    activate: (id) => first(id, () => calls.activate(id)),
    async activateAll() {
      await Promise.all(left.map((id) => restorer.claim(id)));
      return calls.activateAll();
    },
    reattach: (manifestOrId, config) => {
      const id = typeof manifestOrId === 'string' ? manifestOrId : manifestOrId.id;
      return first(id, () => calls.reattach(manifestOrId, config));
    },
    restartPlugin: (id) => first(id, () => calls.restartPlugin(id)),
    // Who was told that a plugin is down, or gone, may switch the machine off.
    async deactivate(id) {
      const answer = await first(id, () => calls.deactivate(id));
      // What an earlier host wanted and nobody has restored does not move.
      recorder.noteDecision(id);
      await recorder.settled();
      return answer;
    },
    async removePlugin(id) {
      await first(id, () => calls.removePlugin(id));
      recorder.forget(id);
      await recorder.settled();
    },
    restore: () => restorer.restore(),
  };
}

/** A process that is taken over is the same generation as before; the count goes up as it is attached to. */
function recalledFrom(record: PluginRecord, isAdopted: boolean, now: number): Recalled {
  const { generation, restarts, policy } = record;
  // Of the two, the clock on the wall alone is put right while a host runs.
  const writtenAt = record.writtenAt + now - Date.now();
  return {
    generation: isAdopted ? Math.max(0, generation - 1) : generation,
    remembered: { restarts, memory: rememberedFrom({ ...record, writtenAt }, now) },
    policy,
  };
}
