import { access, rename } from 'node:fs/promises';

/** How many files of one name are kept; the next one takes the place of the last. */
const maxKept = 9;

/** Renames a file that cannot be read, so that an operator can inspect it. Returns the new path. */
export async function setAside(path: string): Promise<string> {
  let place = '';
  for (let number = 1; number <= maxKept; number += 1) {
    place = `${path}.aside-${number}`;
    const isTaken = await access(place).then(
      () => true,
      () => false,
    );
    if (!isTaken) break;
  }
  await rename(path, place);
  return place;
}
