import { messageOf, type PluginRecord } from '../../model/index.js';
import { removeRecord, writeRecord } from './plugin-records.js';

/** Writes records one after the other, in the background. */
export interface RecordWriter {
  /** Queues the record of a plugin. */
  schedule(plugin: string): void;
  /** Retries the failed writes once, and resolves when the queue is empty. */
  flush(): Promise<void>;
}

/**
 * Calls `make` for a record just before the write, so a burst of changes is one write; `null` removes the file. Calls
 * `onWritten` after each write with the problem, or with `null`. A successful write queues the failed ones again.
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
