import { messageOf, type PluginRecord } from '../../model/index.js';
import { removeRecord, writeRecord } from './plugin-records.js';

/** Writes records one after the other, off everybody's way. */
export interface RecordQueue {
  /** Has the record of a plugin written soon. */
  want(plugin: string): void;
  /** Tries once more what could not be written, and resolves when nothing waits to be. */
  settled(): Promise<void>;
}

/**
 * `make` is asked for a record when its turn has come, so a burst of changes is one write; `null` removes it. Of each
 * write it is told what it failed with, or `null`; what was lost is written again after one that has not failed.
 */
export function createRecordQueue(
  directory: string,
  make: (plugin: string) => Promise<PluginRecord | null>,
  tell: (problem: string | null) => void,
): RecordQueue {
  const waiting = new Set<string>();
  const lost = new Set<string>();
  let work: Promise<void> | null = null;

  const write = async (plugin: string): Promise<void> => {
    try {
      const record = await make(plugin);
      if (record === null) await removeRecord(directory, plugin);
      else await writeRecord(directory, record);
      tell(null);
      tryAgain();
    } catch (thrown) {
      lost.add(plugin);
      tell(messageOf(thrown));
    }
  };
  const tryAgain = (): void => {
    for (const plugin of lost) waiting.add(plugin);
    lost.clear();
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
    async settled() {
      tryAgain();
      if (waiting.size > 0) work ??= workOff();
      await work;
    },
  };
}
