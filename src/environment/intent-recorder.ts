import type { Actor } from 'xstate';
import { bundleMark, createRecordQueue } from '../effects/index.js';
import {
  pluginRef,
  pluginState,
  supervisorRef,
  type EnvironmentMachine,
  type PluginRef,
  type PluginSnapshot,
  type SupervisorContext,
} from '../machines/index.js';
import type { PluginRecord, ProcessRecord, Supervision } from '../model/index.js';
import { cleanSlate, type RestartMemory } from '../policy/index.js';
import { recordOf } from './plugin-record.js';
import { saysNothing } from './set-policy.js';
import { within } from './within.js';

/** How long a call or a shutdown waits for the disk. */
const diskDeadlineMs = 2000;

interface Setting {
  readonly directory: string;
  readonly actor: Actor<EnvironmentMachine>;
  /** The newest record of each plugin. */
  readonly records: Map<string, PluginRecord>;
  /** Whether processes may be taken over, so that it matters what their bundles were like. */
  readonly lasting: boolean;
  readonly hostEnv: NodeJS.ProcessEnv;
  readonly now: () => number;
  readonly tell: (problem: string | null) => void;
  /** Rejects while nothing may be written. */
  readonly hold: () => Promise<void>;
  /** A process that was taken over has ended. */
  readonly outlived: (process: ProcessRecord) => void;
}

/** Follows every plugin, and has written down what changed of it. */
export interface Recorder {
  /** An operator has set a policy; one that says nothing takes back what was set before. */
  notePolicy(id: string, supervision: Supervision): void;
  /** Somebody has decided about a plugin, though perhaps nothing has moved. */
  noteDecision(id: string): void;
  /** The environment stops: what is wanted now stays wanted, whatever is brought down from here on. */
  freeze(): void;
  /** A plugin was removed for good. */
  forget(id: string): void;
  /** Waits until everything is on the disk, or the disk has taken too long. */
  settled(): Promise<unknown>;
}

export function createRecorder(setting: Setting): Recorder {
  const { directory, actor, records, lasting, hostEnv, now, tell, hold, outlived } = setting;
  // When the last change is written, the tree may be gone, and its registry with it.
  const refs = new Map<string, PluginRef>();
  const seen = new Map<string, string>();
  const changed = new Set<string>();
  const removed = new Set<string>();
  const marks = new Map<string, { readonly pid: number; readonly mark: Promise<string | null> }>();
  let frozen: ReadonlyMap<string, PluginRecord> | null = null;

  const note = (id: string): PluginRecord | null => {
    const snapshot = refs.get(id)?.getSnapshot();
    if (snapshot === undefined) return null;
    const before = records.get(id);
    const current = recordOf(snapshot, memoryOf(actor, id), before, now());
    const { generation, process } = current;
    const record = frozen === null ? current : { ...(frozen.get(id) ?? current), generation, process };
    records.set(id, record);
    const last = before?.process ?? null;
    if (last !== null && last.pid !== process?.pid) outlived(last);
    return record;
  };
  /** Who has only set a policy has decided nothing about a plugin that an earlier host left and nobody has restored. */
  const newest = (id: string): PluginRecord | null =>
    changed.has(id) ? note(id) : (records.get(id) ?? note(id));
  const make = async (id: string): Promise<PluginRecord | null> => {
    await hold();
    if (removed.has(id)) return null;
    const record = newest(id);
    const process = record?.process ?? null;
    if (record === null || process === null) return record;
    const made = marks.get(id);
    const bundle = process.bundle ?? (made?.pid === process.pid ? await made.mark : null);
    return { ...record, process: { ...process, bundle } };
  };
  const queue = createRecordQueue(directory, make, tell);

  const follow = (id: string): void => {
    const ref = pluginRef(actor.system, id);
    if (ref === undefined || ref.getSnapshot().context.bundle.attachedOnly === true) return;
    removed.delete(id);
    refs.set(id, ref);
    seen.set(id, essence(ref.getSnapshot()));
    ref.subscribe((snapshot) => {
      const essential = essence(snapshot);
      if (seen.get(id) === essential || (frozen !== null && !frozen.has(id))) return;
      seen.set(id, essential);
      changed.add(id);
      const { process, reattach, bundle } = snapshot.context;
      if (lasting && process !== null && reattach === null && marks.get(id)?.pid !== process.pid)
        marks.set(id, { pid: process.pid, mark: bundleMark(bundle, hostEnv) });
      queue.want(id);
    });
  };
  actor.on('plugin.placed', ({ plugin }) => {
    follow(plugin);
  });

  return {
    notePolicy(id, supervision) {
      const record = refs.has(id) ? newest(id) : null;
      if (record === null) return;
      // The caller's own object may change before it is written.
      const policy = saysNothing(supervision) ? undefined : structuredClone(supervision);
      records.set(id, { ...record, policy });
      queue.want(id);
    },
    noteDecision(id) {
      if (!refs.has(id)) return;
      changed.add(id);
      queue.want(id);
    },
    freeze() {
      const newest = [...changed].flatMap((id) => {
        const record = note(id);
        return record === null ? [] : [[id, record] as const];
      });
      frozen = new Map(newest);
    },
    forget(id) {
      removed.add(id);
      records.delete(id);
      changed.delete(id);
      marks.delete(id);
      refs.delete(id);
      queue.want(id);
    },
    settled: () => within(diskDeadlineMs, queue.settled()),
  };
}

/** What a record is made of, as far as it changes by itself. */
function essence(snapshot: PluginSnapshot): string {
  const { wanted, generation, process, restarts } = snapshot.context;
  return [pluginState(snapshot), wanted, generation, process?.pid, restarts].join(' ');
}

function memoryOf(actor: Actor<EnvironmentMachine>, id: string): RestartMemory {
  const group = actor.getSnapshot().context.layout.groups.get(id);
  const supervisor = group === undefined ? undefined : supervisorRef(actor.system, group);
  const context = (supervisor?.getSnapshot() as { readonly context: SupervisorContext } | undefined)?.context;
  const child = context?.children.find((one) => one.id === id);
  return child?.kind === 'plugin' ? child.memory : cleanSlate;
}
