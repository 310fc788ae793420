import type { Actor } from 'xstate';
import { bundleFingerprint as fingerprintOf, createRecordWriter } from '../../effects/index.js';
import {
  pluginRef,
  pluginState,
  supervisorRef,
  type EnvironmentMachine,
  type PluginRef,
  type PluginSnapshot,
  type SupervisorContext,
} from '../../machines/index.js';
import type { PluginRecord, ProcessRecord, SupervisionOptions } from '../../model/index.js';
import { emptyHistory, type RestartHistory } from '../../policy/index.js';
import { createPluginRecord } from './create-plugin-record.js';
import { isEmptySupervision } from '../options/operator-policy.js';
import { withTimeout } from '../orphans/with-timeout.js';

/** How long a call or a shutdown waits until pending records are written. */
const diskDeadlineMs = 2000;

interface RecorderDependencies {
  readonly directory: string;
  readonly actor: Actor<EnvironmentMachine>;
  /** The latest record of each plugin. */
  readonly records: Map<string, PluginRecord>;
  /** Whether the next host may reattach to processes, and needs the fingerprints of their bundles. */
  readonly processesOutliveHost: boolean;
  readonly hostEnv: NodeJS.ProcessEnv;
  readonly now: () => number;
  /** Called after each write with the reason why it failed, or `null`. */
  readonly onWritten: (problem: string | null) => void;
  /** Rejects when this host does not hold the state lock. */
  readonly ensureLocked: () => Promise<void>;
  /** Called when a recorded process has ended. */
  readonly onProcessExit: (process: ProcessRecord) => void;
}

/** Observes every plugin and writes its record when it changes. */
export interface StateRecorder {
  /** Records the policy that an operator has set; an empty one removes it. */
  recordPolicy(id: string, supervision: SupervisionOptions): void;
  /** Records a plugin after a call on it, also when its state did not change. */
  recordDecision(id: string): void;
  /** Called when the environment stops: `wanted` does not change any more, while processes still end. */
  freeze(): void;
  /** Deletes the record of a plugin. */
  remove(id: string): void;
  /** Waits until all records are written, at most two seconds. */
  flush(): Promise<unknown>;
}

/** Creates a recorder that observes every plugin of the tree, those spawned later included. */
export function createStateRecorder(dependencies: RecorderDependencies): StateRecorder {
  const {
    directory,
    actor,
    records,
    processesOutliveHost,
    hostEnv,
    now,
    onWritten,
    ensureLocked,
    onProcessExit,
  } = dependencies;
  // The tree, with its actor registry, may have stopped before the last record is written.
  const refs = new Map<string, PluginRef>();
  const lastRecorded = new Map<string, string>();
  const changed = new Set<string>();
  const removed = new Set<string>();
  const fingerprints = new Map<string, { readonly pid: number; readonly value: Promise<string | null> }>();
  let frozen: ReadonlyMap<string, PluginRecord> | null = null;

  const update = (id: string): PluginRecord | null => {
    const snapshot = refs.get(id)?.getSnapshot();
    if (snapshot === undefined) return null;
    const before = records.get(id);
    const current = createPluginRecord(snapshot, restartHistoryOf(actor, id), before, now());
    const { generation, process } = current;
    const record = frozen === null ? current : { ...(frozen.get(id) ?? current), generation, process };
    records.set(id, record);
    const last = before?.process ?? null;
    if (last !== null && last.pid !== process?.pid) onProcessExit(last);
    return record;
  };
  /** An unchanged plugin keeps its inherited record: setting a policy must not overwrite one that is not restored yet. */
  const latest = (id: string): PluginRecord | null =>
    changed.has(id) ? update(id) : (records.get(id) ?? update(id));
  const createRecord = async (id: string): Promise<PluginRecord | null> => {
    await ensureLocked();
    if (removed.has(id)) return null;
    const record = latest(id);
    const process = record?.process ?? null;
    if (record === null || process === null) return record;
    const own = fingerprints.get(id);
    const bundleFingerprint =
      process.bundleFingerprint ?? (own?.pid === process.pid ? await own.value : null);
    return { ...record, process: { ...process, bundleFingerprint } };
  };
  const queue = createRecordWriter(directory, createRecord, onWritten);

  const observe = (id: string): void => {
    const ref = pluginRef(actor.system, id);
    if (ref === undefined || ref.getSnapshot().context.bundle.attachedOnly === true) return;
    removed.delete(id);
    refs.set(id, ref);
    lastRecorded.set(id, recordedFields(ref.getSnapshot()));
    const next = (snapshot: PluginSnapshot): void => {
      const fields = recordedFields(snapshot);
      if (lastRecorded.get(id) === fields || (frozen !== null && !frozen.has(id))) return;
      lastRecorded.set(id, fields);
      changed.add(id);
      takeFingerprint(id, snapshot);
      queue.schedule(id);
    };
    // Without an error listener XState would throw a defect of the actor as an uncaught exception.
    ref.subscribe({ next, error: () => undefined });
  };
  const takeFingerprint = (id: string, { context }: PluginSnapshot): void => {
    const { process, reattach, bundle } = context;
    const isStartedHere = process !== null && reattach === null;
    if (processesOutliveHost && isStartedHere && fingerprints.get(id)?.pid !== process.pid)
      fingerprints.set(id, { pid: process.pid, value: fingerprintOf(bundle, hostEnv) });
  };
  actor.on('plugin.spawned', ({ plugin }) => {
    observe(plugin);
  });

  return {
    recordPolicy(id, supervision) {
      const record = refs.has(id) ? latest(id) : null;
      if (record === null) return;
      // Cloned, because the caller may change the object before it is written.
      const policy = isEmptySupervision(supervision) ? undefined : structuredClone(supervision);
      records.set(id, { ...record, policy });
      queue.schedule(id);
    },
    recordDecision(id) {
      if (!refs.has(id)) return;
      changed.add(id);
      queue.schedule(id);
    },
    freeze() {
      const entries = [...changed].flatMap((id) => {
        const record = update(id);
        return record === null ? [] : [[id, record] as const];
      });
      frozen = new Map(entries);
    },
    remove(id) {
      removed.add(id);
      records.delete(id);
      changed.delete(id);
      fingerprints.delete(id);
      refs.delete(id);
      queue.schedule(id);
    },
    flush: () => withTimeout(diskDeadlineMs, queue.flush()),
  };
}

/** The fields of a record that change with the plugin's snapshot, as a string to compare. */
function recordedFields(snapshot: PluginSnapshot): string {
  const { wanted, generation, process, restarts } = snapshot.context;
  return [pluginState(snapshot), wanted, generation, process?.pid, restarts].join(' ');
}

function restartHistoryOf(actor: Actor<EnvironmentMachine>, id: string): RestartHistory {
  const group = actor.getSnapshot().context.layout.groups.get(id);
  const supervisor = group === undefined ? undefined : supervisorRef(actor.system, group);
  const context = (supervisor?.getSnapshot() as { readonly context: SupervisorContext } | undefined)?.context;
  const child = context?.children.find((candidate) => candidate.id === id);
  return child?.kind === 'plugin' ? child.history : emptyHistory;
}
