import type { Bundle, Manifest } from '../../model/index.js';

/** A bundle without files, with these fields of its manifest. */
export function simulatedBundle(id: string, manifest: Partial<Omit<Manifest, 'id'>> = {}): Bundle {
  return {
    directory: `/simulated/${id}`,
    manifestPath: `/simulated/${id}/plugin.json`,
    manifest: {
      name: id,
      version: '1.0.0',
      server: {},
      requires: [],
      supervision: {},
      env: {},
      ...manifest,
      id,
    },
    runtime: 'executable',
    entry: 'plugin.py',
  };
}
