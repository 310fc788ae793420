import { realpath } from 'node:fs/promises';
import { PluginError, type Bundle } from '../../model/index.js';
import { readBundle } from './read-bundle.js';

/**
 * The bundle that is now at the path that the embedder gave: a deploy may have pointed its link at another release. Its
 * supervision, group and requirements stay those of the scan. Rejects with a PluginError where it cannot be run.
 */
export async function currentBundle(bundle: Bundle): Promise<Bundle> {
  const { path, directory, manifest } = bundle;
  // What is not there at all is explained by what looks for the entry.
  const now = path === undefined ? directory : await realpath(path).catch(() => directory);
  if (path === undefined || now === directory) return bundle;
  const found = await readBundle(path);
  if (!found.ok) throw found.error.with({ plugin: manifest.id });
  if (found.id !== manifest.id) throw otherPlugin(path, manifest.id, found.id);
  const { lockedChecksums, stdin } = bundle;
  return { ...found.bundle, lockedChecksums, stdin };
}

function otherPlugin(path: string, expected: string, id: string): PluginError {
  return new PluginError({
    code: 'MANIFEST_INVALID',
    plugin: expected,
    phase: 'interpreter',
    message: `${path} leads to the plugin "${id}" now, not to "${expected}".`,
    hint: 'Point the link at a release of the same plugin, or rescan to add the other one.',
    facts: { path, id },
  });
}
