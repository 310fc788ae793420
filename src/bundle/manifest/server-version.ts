import { lt } from 'semver';
import { PluginError, type Manifest } from '../../model/index.js';
import { parseSemanticVersion } from './semantic-version.js';

/** Why a host of this version may not run the plugin, or `null`. A host that does not say its version is not asked. */
export function checkServerVersion(manifest: Manifest, hostVersion: string | undefined): PluginError | null {
  const wanted = manifest.min_server_version;
  if (wanted === undefined || hostVersion === undefined) return null;
  const host = parseSemanticVersion(hostVersion);
  if (host === null) return unreadableHostVersion(manifest.id, hostVersion);
  const lowest = parseSemanticVersion(wanted);
  return lowest !== null && !lt(host, lowest) ? null : hostTooOld(manifest.id, wanted, hostVersion);
}

function unreadableHostVersion(plugin: string, hostVersion: string): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The host's version "${hostVersion}" is not a version.`,
    hint: 'Give hostVersion as a semantic version such as 9.5.0.',
    plugin,
    phase: 'manifest',
    facts: { hostVersion },
  });
}

function hostTooOld(plugin: string, wanted: string, hostVersion: string): PluginError {
  return new PluginError({
    code: 'MANIFEST_INVALID',
    message: `The plugin needs server version ${wanted} or later (min_server_version); this is ${hostVersion}.`,
    hint: 'Update the server, or install a release of the plugin that was made for this version.',
    plugin,
    phase: 'manifest',
    facts: { min_server_version: wanted, hostVersion },
  });
}
