import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDirectory, removeDirectorySync } from '../../../src/effects/files/remove-directory.js';

const root = mkdtempSync(join(tmpdir(), 'remove-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

let made = 0;

/** A directory with files, a directory in it, and a link to a file outside. */
function makeDirectory(files: number): { readonly directory: string; readonly outside: string } {
  made += 1;
  const directory = join(root, String(made));
  const outside = join(root, `outside-${made}`);
  mkdirSync(join(directory, 'inner'), { recursive: true });
  writeFileSync(outside, 'stays');
  symlinkSync(outside, join(directory, 'link'));
  for (let file = 0; file < files; file += 1) writeFileSync(join(directory, 'inner', String(file)), '');
  return { directory, outside };
}

describe('the removal of a directory', () => {
  it('takes all that is in it, follows no link, and lets other work go on', async () => {
    const { directory, outside } = makeDirectory(3000);
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    expect(await removeDirectory(directory)).toBe(true);
    clearInterval(timer);
    expect(existsSync(directory)).toBe(false);
    expect(existsSync(outside)).toBe(true);
    expect(turns).toBeGreaterThan(3);
  });

  it('of one that is gone is done', async () => {
    expect(await removeDirectory(join(root, 'none'))).toBe(true);
  });

  it('stops when it is over', async () => {
    const { directory } = makeDirectory(100);
    let asked = 0;
    expect(await removeDirectory(directory, () => (asked += 1) > 10)).toBe(false);
    expect(existsSync(directory)).toBe(true);
  });

  it('at once removes no more than it may', () => {
    const { directory } = makeDirectory(100);
    expect(removeDirectorySync(directory, 50)).toBe(false);
    expect(existsSync(directory)).toBe(true);
    expect(removeDirectorySync(directory, 1000)).toBe(true);
    expect(existsSync(directory)).toBe(false);
  });
});
