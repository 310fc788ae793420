import { messageOf, type PluginRecord } from '../../model/index.js';
import { removeRecord, writeRecord } from './plugin-records.js';

/** Writes records one after the other, off everybody's way. */
export interface RecordWriter {
  /** Has the record of a plugin written soon. */
  schedule(plugin: string): void;
  /** Tries once more what could not be written, and resolves when nothing waits to be. */
  flush(): Promise<void>;
}

/**
 * `make` is asked for a record when its turn has come, so a burst of changes is one write; `null` removes it. Of each
 * write it is told what it failed with, or `null`; what was lost is written again after one that has not failed.
 */
export function createRecordWriter(
  directory: string,
  make: (plugin: string) => Promise<PluginRecord | null>,
  onWritten: (problem: string | null) => void,
): RecordWriter {
  const queued = new Set<string>();
  const failed = new Set<string>();
  let inProgress: Promise<void> | null = null;

  const write = async (plugin: string): Promise<void> => {
    try {
      const record = await make(plugin);
      if (record === null) await removeRecord(directory, plugin);
      else await writeRecord(directory, record);
      onWritten(null);
      tryAgain();
    } catch (thrown) {
      failed.add(plugin);
      onWritten(messageOf(thrown));
    }
  };
  const tryAgain = (): void => {
    for (const plugin of failed) queued.add(plugin);
    failed.clear();
  };
  const drainQueue = async (): Promise<void> => {
    await new Promise(setImmediate);
    for (const plugin of queued) {
      queued.delete(plugin);
      await write(plugin);
    }
    inProgress = null;
  };
  return {
    schedule(plugin) {
      queued.add(plugin);
      inProgress ??= drainQueue();
    },
    async flush() {
      tryAgain();
      if (queued.size > 0) inProgress ??= drainQueue();
      await inProgress;
    },
  };
}
