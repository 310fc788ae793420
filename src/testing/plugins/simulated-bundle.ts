import type { Bundle, Manifest } from '../../model/index.js';

/** A bundle that lies nowhere, with what its manifest says beside its id. */
export function simulatedBundle(id: string, manifest: Partial<Omit<Manifest, 'id'>> = {}): Bundle {
  return {
    directory: `/pretended/${id}`,
    manifestPath: `/pretended/${id}/plugin.json`,
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
    runtime: 'python',
    entry: 'plugin.py',
  };
}
