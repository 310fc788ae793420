import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePluginRecord, renderPluginRecord } from '../../bundle/index.js';
import { messageOf, type PluginRecord } from '../../model/index.js';
import { readSmallText } from '../files/read-small-file.js';
import { syncDirectory, writeAtomically } from '../files/write-atomically.js';
import { setAside } from './set-aside.js';

/** A file that was not a valid record, and its new path. */
export interface SetAsideFile {
  readonly file: string;
  readonly problem: string;
}

/** What `readRecords` found: the valid records, and the files that it set aside. */
export interface ReadRecords {
  readonly records: readonly PluginRecord[];
  readonly setAside: readonly SetAsideFile[];
}

const folder = (directory: string): string => join(directory, 'plugins');

/** A file name has 255 bytes, some of which are for the endings of drafts and of what is set aside. */
const maxNameBytes = 200;

/** An id may hold what a file name may not, and be longer. */
function fileOf(directory: string, plugin: string): string {
  const name = encodeURIComponent(plugin);
  const digest = createHash('sha256').update(plugin).digest('hex');
  return join(folder(directory), `${name.length > maxNameBytes ? digest : name}.json`);
}

/** Reads every record of a state directory. What is none is set aside; a directory without any is empty. */
export async function readRecords(directory: string): Promise<ReadRecords> {
  const names = await readdir(folder(directory)).catch(() => []);
  const records: PluginRecord[] = [];
  const aside: SetAsideFile[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const path = join(folder(directory), name);
    const read = await readRecord(path);
    if (read.ok && fileOf(directory, read.record.plugin) === path) records.push(read.record);
    else {
      const problem = read.ok ? `it is the record of ${read.record.plugin}` : read.problem;
      const file = await setAside(path).catch(() => path);
      aside.push({ file, problem });
    }
  }
  return { records, setAside: aside };
}

async function readRecord(path: string): Promise<ReturnType<typeof parsePluginRecord>> {
  try {
    return parsePluginRecord(await readSmallText(path, { private: true }));
  } catch (thrown) {
    return { ok: false, problem: messageOf(thrown) };
  }
}

/** Writes the record of a plugin atomically. Rejects with the error of the system. */
export async function writeRecord(directory: string, record: PluginRecord): Promise<void> {
  await mkdir(folder(directory), { recursive: true, mode: 0o700 });
  await writeAtomically(fileOf(directory, record.plugin), renderPluginRecord(record));
}

/** Removes the record of a plugin, if there is one. Rejects with the error of the system. */
export async function removeRecord(directory: string, plugin: string): Promise<void> {
  const path = fileOf(directory, plugin);
  await rm(path, { force: true });
  await syncDirectory(path);
}
