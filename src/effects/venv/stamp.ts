import { join } from 'node:path';
import { readSmallText } from '../files/read-small-file.js';
import { writeAtomically } from '../files/write-atomically.js';

/** The program that installed the requirements. */
export type Installer = 'uv' | 'pip';

/** What `prepare` leaves in a virtual environment when all of it is done. */
export interface Stamp {
  readonly fingerprint: string;
  readonly installer: Installer;
}

/** The stamp of a virtual environment; `null` for one that was not finished, or not made by `prepare`. */
export async function readStamp(venv: string): Promise<Stamp | null> {
  try {
    const stamp: unknown = JSON.parse(await readSmallText(stampPath(venv)));
    return isStamp(stamp) ? stamp : null;
  } catch {
    return null;
  }
}

/** Writes the stamp of a finished virtual environment atomically. Rejects with the error of the system. */
export async function writeStamp(venv: string, stamp: Stamp): Promise<void> {
  await writeAtomically(stampPath(venv), `${JSON.stringify(stamp, null, 2)}\n`);
}

function isStamp(value: unknown): value is Stamp {
  if (typeof value !== 'object' || value === null) return false;
  const known = 'installer' in value && (value.installer === 'uv' || value.installer === 'pip');
  return known && 'fingerprint' in value && typeof value.fingerprint === 'string';
}

function stampPath(venv: string): string {
  return join(venv, 'espalier-prepared.json');
}
