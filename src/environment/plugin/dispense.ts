import { PluginError, type PluginStatus } from '../../model/index.js';
import type { ClientConstructor } from './plugin-handle.js';

/** The services that a plugin has under one application version: a name of yours for each, and its client. */
export type ServiceSet = Readonly<Record<string, ClientConstructor>>;

/** A set of services for each application version that the host can speak. */
export type VersionedServices = Readonly<Record<number, ServiceSet>>;

/** The client constructor that goes by a name in the version that host and plugin have agreed on. */
export function findService(
  name: string,
  versions: VersionedServices,
  { id, state, protocolVersion }: PluginStatus,
): ClientConstructor {
  if (protocolVersion === null) {
    throw new PluginError({
      code: 'PLUGIN_NOT_RUNNING',
      plugin: id,
      message: `Plugin ${id} has no ${name} to dispense: it is ${state}, so no version has been negotiated.`,
      hint: 'Activate it first.',
    });
  }
  const found = ownService(versions, String(protocolVersion), name);
  if (found !== undefined) return found;
  const elsewhere = Object.keys(versions).filter(
    (version) => ownService(versions, version, name) !== undefined,
  );
  const facts = { name, protocolVersion, versionsWithIt: elsewhere.map(Number) };
  if (elsewhere.length > 0) {
    throw new PluginError({
      code: 'APP_VERSION_MISMATCH',
      plugin: id,
      message: `Plugin ${id} speaks version ${protocolVersion}, which has no ${name}; version ${elsewhere.join(' and ')} has.`,
      hint: 'Install a release of the plugin that speaks that version, or do without the service.',
      facts,
    });
  }
  const known = Object.keys(versions[protocolVersion] ?? {}).join(', ') || 'none';
  throw new PluginError({
    code: 'CONFIG_INVALID',
    plugin: id,
    message: `There is no service ${name} in version ${protocolVersion}.`,
    hint: `Known are: ${known}. Others go into the option versions, or are used with client().`,
    facts,
  });
}

/** Not what every object has, such as `constructor`. */
function ownService(
  versions: VersionedServices,
  version: string,
  name: string,
): ClientConstructor | undefined {
  const services = versions[Number(version)];
  return services !== undefined && Object.hasOwn(services, name) ? services[name] : undefined;
}
