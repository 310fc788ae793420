import { messageOf, type PluginRecord } from '../../model/index.js';
import { removeRecord, writeRecord } from './plugin-records.js';

/** Writes records one after the other, off everybody's way. */
export interface RecordQueue {
  /** Has the record of a plugin written soon. */
  want(plugin: string): void;
  /** Resolves when nothing waits to be written. */
  settled(): Promise<void>;
}

/**
 * `make` is asked for a record when its turn has come, so a burst of changes is one write; `null` removes it. A write
 * that fails is told once, with `null` when one has succeeded again; what was lost meanwhile is written then.
 */
export function createRecordQueue(
  directory: string,
  make: (plugin: string) => Promise<PluginRecord | null>,
  tell: (problem: string | null) => void,
): RecordQueue {
  const waiting = new Set<string>();
  const lost = new Set<string>();
  let isFailing = false;
  let work: Promise<void> | null = null;

  const write = async (plugin: string): Promise<void> => {
    try {
      const record = await make(plugin);
      if (record === null) await removeRecord(directory, plugin);
      else await writeRecord(directory, record);
      if (!isFailing) return;
      isFailing = false;
      tell(null);
      for (const other of lost) waiting.add(other);
      lost.clear();
    } catch (thrown) {
      lost.add(plugin);
      if (!isFailing) tell(messageOf(thrown));
      isFailing = true;
    }
  };
  const workOff = async (): Promise<void> => {
    await new Promise(setImmediate);
    for (const plugin of waiting) {
      waiting.delete(plugin);
      await write(plugin);
    }
    work = null;
  };
  return {
    want(plugin) {
      waiting.add(plugin);
      work ??= workOff();
    },
    settled: () => work ?? Promise.resolve(),
  };
}
