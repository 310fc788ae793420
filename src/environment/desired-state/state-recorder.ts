import type { Actor } from 'xstate';
import { bundleFingerprint, createRecordWriter } from '../../effects/index.js';
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
import { withTimeout } from '../with-timeout.js';

/** How long a call or a shutdown waits for the disk. */
const diskDeadlineMs = 2000;

interface RecorderDependencies {
  readonly directory: string;
  readonly actor: Actor<EnvironmentMachine>;
  /** The newest record of each plugin. */
  readonly records: Map<string, PluginRecord>;
  /** Whether processes may be taken over, so that it matters what their bundles were like. */
  readonly processesOutliveHost: boolean;
  readonly hostEnv: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly onWritten: (problem: string | null) => void;
  /** Rejects while nothing may be written. */
  readonly ensureLease: () => Promise<void>;
  /** A process that was taken over has ended. */
  readonly onInheritedExit: (process: ProcessRecord) => void;
}

/** Follows every plugin, and has written down what changed of it. */
export interface StateRecorder {
  /** An operator has set a policy; one that says nothing takes back what was set before. */
  recordPolicy(id: string, supervision: SupervisionOptions): void;
  /** Somebody has decided about a plugin, though perhaps nothing has moved. */
  recordDecision(id: string): void;
  /** The environment stops: what is wanted now stays wanted, whatever is brought down from here on. */
  freeze(): void;
  /** A plugin was removed for good. */
  remove(id: string): void;
  /** Waits until everything is on the disk, or the disk has taken too long. */
  flush(): Promise<unknown>;
}

export function createStateRecorder(setting: RecorderDependencies): StateRecorder {
  const {
    directory,
    actor,
    records,
    processesOutliveHost,
    hostEnv,
    now,
    onWritten,
    ensureLease,
    onInheritedExit,
  } = setting;
  // When the last change is written, the tree may be gone, and its registry with it.
  const refs = new Map<string, PluginRef>();
  const lastRecorded = new Map<string, string>();
  const changed = new Set<string>();
  const removed = new Set<string>();
  const fingerprints = new Map<string, { readonly pid: number; readonly mark: Promise<string | null> }>();
  let frozen: ReadonlyMap<string, PluginRecord> | null = null;

  const note = (id: string): PluginRecord | null => {
    const snapshot = refs.get(id)?.getSnapshot();
    if (snapshot === undefined) return null;
    const before = records.get(id);
    const current = createPluginRecord(snapshot, restartHistoryOf(actor, id), before, now());
    const { generation, process } = current;
    const record = frozen === null ? current : { ...(frozen.get(id) ?? current), generation, process };
    records.set(id, record);
    const last = before?.process ?? null;
    if (last !== null && last.pid !== process?.pid) onInheritedExit(last);
    return record;
  };
  /** Who has only set a policy has decided nothing about a plugin that an earlier host left and nobody has restored. */
  const newest = (id: string): PluginRecord | null =>
    changed.has(id) ? note(id) : (records.get(id) ?? note(id));
  const make = async (id: string): Promise<PluginRecord | null> => {
    await ensureLease();
    if (removed.has(id)) return null;
    const record = newest(id);
    const process = record?.process ?? null;
    if (record === null || process === null) return record;
    const made = fingerprints.get(id);
    const bundle = process.bundleFingerprint ?? (made?.pid === process.pid ? await made.mark : null);
    return { ...record, process: { ...process, bundleFingerprint: bundle } };
  };
  const queue = createRecordWriter(directory, make, onWritten);

  const observe = (id: string): void => {
    const ref = pluginRef(actor.system, id);
    if (ref === undefined || ref.getSnapshot().context.bundle.attachedOnly === true) return;
    removed.delete(id);
    refs.set(id, ref);
    lastRecorded.set(id, recordedFields(ref.getSnapshot()));
    ref.subscribe((snapshot) => {
      const essential = recordedFields(snapshot);
      if (lastRecorded.get(id) === essential || (frozen !== null && !frozen.has(id))) return;
      lastRecorded.set(id, essential);
      changed.add(id);
      const { process, reattach, bundle } = snapshot.context;
      if (
        processesOutliveHost &&
        process !== null &&
        reattach === null &&
        fingerprints.get(id)?.pid !== process.pid
      )
        fingerprints.set(id, { pid: process.pid, mark: bundleFingerprint(bundle, hostEnv) });
      queue.schedule(id);
    });
  };
  actor.on('plugin.spawned', ({ plugin }) => {
    observe(plugin);
  });

  return {
    recordPolicy(id, supervision) {
      const record = refs.has(id) ? newest(id) : null;
      if (record === null) return;
      // The caller's own object may change before it is written.
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
      const newest = [...changed].flatMap((id) => {
        const record = note(id);
        return record === null ? [] : [[id, record] as const];
      });
      frozen = new Map(newest);
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

/** What a record is made of, as far as it changes by itself. */
function recordedFields(snapshot: PluginSnapshot): string {
  const { wanted, generation, process, restarts } = snapshot.context;
  return [pluginState(snapshot), wanted, generation, process?.pid, restarts].join(' ');
}

function restartHistoryOf(actor: Actor<EnvironmentMachine>, id: string): RestartHistory {
  const group = actor.getSnapshot().context.layout.groups.get(id);
  const supervisor = group === undefined ? undefined : supervisorRef(actor.system, group);
  const context = (supervisor?.getSnapshot() as { readonly context: SupervisorContext } | undefined)?.context;
  const child = context?.children.find((one) => one.id === id);
  return child?.kind === 'plugin' ? child.history : emptyHistory;
}
