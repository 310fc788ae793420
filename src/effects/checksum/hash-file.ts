import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ChecksumAlgorithm } from '../../bundle/index.js';

/** The digest of a file's bytes, in hexadecimal digits. Rejects for anything that is no regular file. */
export async function hashFile(path: string, algorithm: ChecksumAlgorithm): Promise<string> {
  // Without O_NONBLOCK, opening a named pipe waits for a writer for ever. Windows has neither.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a regular file`);
    const hash = createHash(algorithm);
    await pipeline(file.createReadStream({ autoClose: false }), hash);
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** The digest of a text in UTF-8, in hexadecimal digits. */
export function hashText(text: string, algorithm: ChecksumAlgorithm): string {
  return createHash(algorithm).update(text).digest('hex');
}
