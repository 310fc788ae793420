import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file whole or not at all: a reader gets the old text or the new one, also after a power cut. Only one process
 * at a time may write a path, so one name for drafts is enough and none is left over.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  try {
    // What stands there was left by a write that was cut off, or put there to be written through: a link or a pipe.
    await rm(draft, { force: true, recursive: true });
    await useAndSync(draft, 'wx', (file) => file.writeFile(text));
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await syncDirectory(path);
}

/**
 * Makes the names in the directory of a path durable: without it a power cut may bring back what one meant before. Not
 * every file system lets a directory be synced, so a failure is ignored.
 */
export async function syncDirectory(path: string): Promise<void> {
  await useAndSync(dirname(path), 'r', () => Promise.resolve()).catch(() => undefined);
}

async function useAndSync(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<unknown>,
): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
