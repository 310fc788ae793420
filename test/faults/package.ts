import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as espalier from '../../src/index.js';

/** Imports the built package from dist/. */
export async function builtPackage(root: string): Promise<typeof espalier> {
  const entry = pathToFileURL(join(root, 'dist/esm/index.js')).href;
  return (await import(entry)) as typeof espalier;
}
