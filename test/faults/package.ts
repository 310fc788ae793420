import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The package as it was built: what its users get. */
export function builtPackage(root: string): Promise<typeof import('../../src/index.js')> {
  const door = pathToFileURL(join(root, 'dist/esm/index.js')).href;
  return import(door) as Promise<typeof import('../../src/index.js')>;
}
