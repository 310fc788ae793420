import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as espalier from '../../src/index.js';

/** The package as it was built: what its users get. */
export async function builtPackage(root: string): Promise<typeof espalier> {
  const door = pathToFileURL(join(root, 'dist/esm/index.js')).href;
  return (await import(door)) as typeof espalier;
}
