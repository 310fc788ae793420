import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSmallFile, readSmallText } from '../../../src/effects/files/read-small-file.js';

let directory: string;
const path = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'small-file-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('a small file', () => {
  it('is read whole, also where the system does not know its size', async () => {
    writeFileSync(path('file'), 'é'.repeat(100_000));
    expect(await readSmallText(path('file'))).toBe('é'.repeat(100_000));
    expect(await readSmallText('/proc/self/cmdline')).toContain('node');
  });

  it('may have as many bytes as its reader says, and no more', async () => {
    writeFileSync(path('file'), 'x'.repeat(11));
    expect(await readSmallText(path('file'), { maxBytes: 11 })).toHaveLength(11);
    await expect(readSmallFile(path('file'), { maxBytes: 10 })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${path('file')} is larger than 10 bytes.`,
    });
    expect(await readSmallText(path('file'), { maxBytes: 10, truncate: true })).toHaveLength(10);
  });

  it('that has no end is refused', async () => {
    await expect(readSmallFile('/proc/self/mem', { maxBytes: 10 })).rejects.toThrow();
    await expect(readSmallFile('/dev/zero')).rejects.toMatchObject({ message: '/dev/zero is not a file.' });
  });

  it('is no named pipe, socket or directory, which are not waited for', async () => {
    execFileSync('mkfifo', [path('fifo')]);
    mkdirSync(path('folder'));
    const server = createServer().listen(path('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    for (const name of ['fifo', 'folder', 'socket'])
      await expect(readSmallFile(path(name))).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: `${path(name)} is not a file.`,
      });
    await new Promise((resolve) => server.close(resolve));
  });

  it('that is not there fails as the system says', async () => {
    await expect(readSmallFile(path('none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that takes too long is given up', async () => {
    writeFileSync(path('file'), 'text');
    execFileSync('mkfifo', [path('fifo')]);
    // Every thread of the pool waits for a writer, as it would for a file system that does not answer.
    const stuck = Array.from({ length: 4 }, () => open(path('fifo'), 'r'));
    await expect(readSmallFile(path('file'), { timeoutMs: 50 })).rejects.toMatchObject({
      message: `${path('file')} could not be read within 50 ms.`,
    });
    closeSync(openSync(path('fifo'), constants.O_RDWR | constants.O_NONBLOCK));
    for (const file of await Promise.all(stuck)) await file.close();
  });
});

describe('a private file', () => {
  const read = () => readSmallText(path('file'), { private: true });

  beforeEach(() => {
    writeFileSync(path('file'), 'text', { mode: 0o644 });
  });

  it('is read where the user alone can write it', async () => {
    expect(await read()).toBe('text');
  });

  it('that others can write is refused', async () => {
    chmodSync(path('file'), 0o664);
    await expect(read()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `${path('file')} can be written by other users (mode 664).`,
    });
  });

  it('that is a symbolic link is refused, and followed where privacy does not matter', async () => {
    symlinkSync('file', path('link'));
    expect(await readSmallText(path('link'))).toBe('text');
    await expect(readSmallFile(path('link'), { private: true })).rejects.toMatchObject({
      message: `${path('link')} is a symbolic link.`,
    });
  });

  it('that belongs to another user is refused', async () => {
    // Only root may give a file away; any other user finds one of root's.
    if (process.getuid?.() === 0) chownSync(path('file'), 12345, 12345);
    const foreign = process.getuid?.() === 0 ? path('file') : '/etc/passwd';
    await expect(readSmallFile(foreign, { private: true })).rejects.toThrow(
      /belongs to user \d+, not to user \d+/,
    );
  });
});
