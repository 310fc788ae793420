import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { acquireStateLock } from '../../../src/effects/state/index.js';
import { useTempDirectory } from '../bundle/support.js';

const { path } = useTempDirectory();
const isRoot = process.getuid?.() === 0;
/** Some user that is neither root nor this one. */
const stranger = 12345;

/** Gives a path to another user; only root can. Otherwise it is opened to all, which is refused as well. */
function giveAway(place: string): void {
  if (isRoot) chownSync(place, stranger, stranger);
  else chmodSync(place, 0o777);
}

async function problemOf(directory: string): Promise<string> {
  try {
    (await acquireStateLock(directory)).release().catch(() => undefined);
  } catch (thrown) {
    expect(thrown).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { stateDir: expect.any(String) as string },
    });
    return (thrown as Error).message;
  }
  return 'none';
}

describe('the state directory', () => {
  it('is made where it is missing, for this user alone', async () => {
    expect(await problemOf(path('new/state'))).toBe('none');
    expect(existsSync(path('new/state'))).toBe(true);
  });

  it('may be reached through links that belong to this user', async () => {
    mkdirSync(path('real'), { mode: 0o700 });
    symlinkSync('real', path('link'));
    expect(await problemOf(path('link/state'))).toBe('none');
    expect(existsSync(path('real/state'))).toBe(true);
  });

  it.each([0o770, 0o707, 0o777, 0o1777])('is refused if others can write to it (mode %s)', async (mode) => {
    mkdirSync(path('state'));
    chmodSync(path('state'), mode);
    expect(await problemOf(path('state'))).toMatch(/state can be written by other users \(mode \d+\)/);
  });

  it('is refused if it, its parent or its plugins belong to another user', async () => {
    for (const [place, directory] of [
      ['state', 'state'],
      ['parent', 'parent/state'],
      ['third/plugins', 'third'],
    ] as const) {
      mkdirSync(path(place), { recursive: true, mode: 0o700 });
      giveAway(path(place));
      expect(await problemOf(path(directory))).toContain(
        isRoot
          ? `${path(place)} belongs to user ${stranger}`
          : `${path(place)} can be written by other users`,
      );
    }
    expect(existsSync(path('parent/state'))).toBe(false);
  });

  it('is refused if others can replace a directory above it, unless that is sticky', async () => {
    mkdirSync(path('parent'));
    chmodSync(path('parent'), 0o777);
    expect(await problemOf(path('parent/a/b'))).toContain(
      `${path('parent')} can be written by other users (mode 777)`,
    );
    chmodSync(path('parent'), 0o1777);
    expect(await problemOf(path('parent/a/b'))).toBe('none');
  });

  it('is refused behind a link into a directory of another user, in which nothing is made', async () => {
    mkdirSync(path('elsewhere'));
    giveAway(path('elsewhere'));
    symlinkSync(path('elsewhere'), path('state'));
    expect(await problemOf(path('state/below'))).toContain(path('elsewhere'));
    expect(existsSync(join(path('elsewhere'), 'below'))).toBe(false);
  });

  it('is refused at a link that leads to itself', async () => {
    symlinkSync('state', path('state'));
    expect(await problemOf(path('state'))).toContain('more than 40 links');
  });
});
