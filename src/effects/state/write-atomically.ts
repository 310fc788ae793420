import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file whole or not at all: whoever reads it, also after a power cut, gets the old text or the new one. There
 * is one writer, which holds the lock of the directory, so one name for drafts is enough and none is ever left over.
 */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  try {
    await useAndSync(draft, 'w', (file) => file.writeFile(text));
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await syncDirectory(path);
}

/** Without this a power cut may bring back what a name meant before. Not every file system lets a directory be synced. */
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
