import { PluginError, type PluginStatus } from '../../model/index.js';
import type { ClientConstructor, VersionedServices } from '../options/versioned-services.js';

/**
 * The client constructor of a service by its name in the negotiated version.
 *
 * @throws PluginError PLUGIN_NOT_RUNNING before a version is negotiated, APP_VERSION_MISMATCH when only another version
 * has the service, CONFIG_INVALID when none has.
 */
export function findService(
  name: string,
  versions: VersionedServices,
  { id, state, protocolVersion }: PluginStatus,
): ClientConstructor {
  if (protocolVersion === null) {
    throw new PluginError({
      code: 'PLUGIN_NOT_RUNNING',
      plugin: id,
      message: `Cannot dispense ${name}: plugin ${id} is ${state}, so no version has been negotiated.`,
      hint: 'Activate it first.',
    });
  }
  const found = ownService(versions, String(protocolVersion), name);
  if (found !== undefined) return found;
  const otherVersions = Object.keys(versions).filter(
    (version) => ownService(versions, version, name) !== undefined,
  );
  const facts = { name, protocolVersion, versionsWithIt: otherVersions.map(Number) };
  if (otherVersions.length > 0) {
    throw new PluginError({
      code: 'APP_VERSION_MISMATCH',
      plugin: id,
      message: `Plugin ${id} uses version ${protocolVersion}, which has no ${name}; version ${otherVersions.join(' and ')} has.`,
      hint: 'Install a release of the plugin that supports that version, or do not use the service.',
      facts,
    });
  }
  const known = Object.keys(versions[protocolVersion] ?? {}).join(', ') || 'none';
  throw new PluginError({
    code: 'CONFIG_INVALID',
    plugin: id,
    message: `There is no service ${name} in version ${protocolVersion}.`,
    hint: `The known services are: ${known}. Add others to the option versions, or use client().`,
    facts,
  });
}

/** The own property only: every object inherits others, such as `constructor`. */
function ownService(
  versions: VersionedServices,
  version: string,
  name: string,
): ClientConstructor | undefined {
  const services = versions[Number(version)];
  return services !== undefined && Object.hasOwn(services, name) ? services[name] : undefined;
}
