import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { PluginError } from '../../model/index.js';

/** What a file must be like to be read. */
export interface SmallFileRules {
  /** The largest size, in bytes. Default: 1 MiB. */
  readonly maxBytes?: number;
  /** `true`: read only this number of bytes of a larger file, instead of refusing it. Default: no. */
  readonly truncate?: boolean;
  /** `true`: refuse a symbolic link, and a file that another user owns or may write to. Default: no. */
  readonly private?: boolean;
  /** The longest time that the file system may take, in milliseconds. Default: 5000. */
  readonly timeoutMs?: number;
}

/** The largest size of a small file, in bytes, unless its reader says otherwise. */
export const defaultMaxBytes = 1024 * 1024;

/**
 * Reads a whole file that should be small. Every file that a bundle, a plugin or another user could have replaced is
 * read in this way: a named pipe, a device, a directory or a file of any size is refused and never waited for.
 *
 * @throws PluginError CONFIG_INVALID for a file that breaks a rule; else the error of the system, such as ENOENT.
 */
export async function readSmallFile(path: string, rules: SmallFileRules = {}): Promise<Buffer> {
  const { timeoutMs = 5000 } = rules;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        refusal(path, `could not be read within ${timeoutMs} ms`, 'Check the file system that it is on.'),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([readWithin(path, rules), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** `readSmallFile` as text in UTF-8. What is not UTF-8 becomes U+FFFD. */
export async function readSmallText(path: string, rules?: SmallFileRules): Promise<string> {
  return (await readSmallFile(path, rules)).toString('utf8');
}

async function readWithin(path: string, rules: SmallFileRules): Promise<Buffer> {
  const noFollow = rules.private === true ? constants.O_NOFOLLOW : 0;
  // Without O_NONBLOCK, opening a named pipe waits for a writer for ever. Windows has neither flag.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | noFollow;
  const file = await open(path, flags).catch((thrown: unknown) => {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENXIO') throw refusal(path, 'is not a file', hintForKind, thrown);
    throw code === 'ELOOP' && noFollow !== 0
      ? refusal(path, 'is a symbolic link', hintForKind, thrown)
      : thrown;
  });
  try {
    checkKind(path, await file.stat(), rules);
    return await readBytes(path, file, rules);
  } finally {
    await file.close();
  }
}

const hintForKind = 'Put a plain file there.';

function checkKind(path: string, stats: Stats, rules: SmallFileRules): void {
  if (!stats.isFile()) throw refusal(path, 'is not a file', hintForKind);
  if (rules.private !== true) return;
  const problem = ownershipProblem(stats);
  if (problem !== null) throw refusal(path, problem, 'Remove it, or give it to the user of this host alone.');
}

/** Why another user could have written this file or directory; `null` where none could, and on Windows. */
export function ownershipProblem({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): string | null {
  const own = process.getuid?.();
  if (own === undefined) return null;
  if (uid !== own) return `belongs to user ${uid}, not to user ${own}`;
  return (mode & 0o022) === 0 ? null : `can be written by other users (mode ${(mode & 0o777).toString(8)})`;
}

async function readBytes(path: string, file: FileHandle, rules: SmallFileRules): Promise<Buffer> {
  const { maxBytes = defaultMaxBytes, truncate = false } = rules;
  const chunks: Buffer[] = [];
  let left = truncate ? maxBytes : maxBytes + 1;
  while (left > 0) {
    const chunk = Buffer.allocUnsafe(Math.min(left, 64 * 1024));
    const { bytesRead } = await file.read(chunk, 0, chunk.length);
    if (bytesRead === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, bytesRead));
    left -= bytesRead;
  }
  if (truncate) return Buffer.concat(chunks);
  throw refusal(path, `is larger than ${sizeText(maxBytes)}`, 'Keep large data in other files.');
}

function sizeText(bytes: number): string {
  return bytes % defaultMaxBytes === 0 ? `${bytes / defaultMaxBytes} MiB` : `${bytes} bytes`;
}

function refusal(path: string, problem: string, hint: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `${path} ${problem}.`,
    hint,
    facts: { path },
    cause,
  });
}
