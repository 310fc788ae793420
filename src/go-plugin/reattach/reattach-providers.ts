import { messageOf, PluginError, type ReattachConfig } from '../../model/index.js';
import { checkReattachConfig, isRecord } from './reattach-config.js';
import { quoteText } from '../visible-text.js';

/** Reattach configurations by the name of the plugin; a provider's source address, for Terraform. */
export type ReattachProviders = Readonly<Record<string, ReattachConfig>>;

/**
 * Reads the text of the environment variable TF_REATTACH_PROVIDERS, by which a program that is being debugged tells
 * a host how to attach to it. Keys that nobody knows are passed over, as Terraform does.
 *
 * @throws PluginError for whatever is not of that shape, naming the plugin.
 */
export function parseReattachProviders(text: string): ReattachProviders {
  const providers = parseJson(text);
  if (!isRecord(providers)) throw notTheShape('it is not an object keyed by plugin');
  return Object.fromEntries(Object.entries(providers).map(([name, entry]) => [name, readEntry(name, entry)]));
}

/** Writes the text for TF_REATTACH_PROVIDERS. Terraform passes over our own `StartTime`. */
export function formatReattachProviders(configs: ReattachProviders): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(configs).map(([name, config]) => [name, entryOf(config)])),
  );
}

function entryOf({ protocol, protocolVersion, pid, test, addr, startTime }: ReattachConfig) {
  return {
    Protocol: protocol,
    ProtocolVersion: protocolVersion,
    Pid: pid,
    Test: test,
    Addr: { Network: addr.network, String: addr.string },
    StartTime: startTime,
  };
}

function readEntry(name: string, entry: unknown): ReattachConfig {
  if (!isRecord(entry)) throw notTheShape(`${quoteText(name)} is not an object`);
  const { Addr } = entry;
  const config = {
    protocol: entry['Protocol'],
    protocolVersion: entry['ProtocolVersion'],
    addr: isRecord(Addr) ? { network: Addr['Network'], string: Addr['String'] } : Addr,
    pid: entry['Pid'],
    test: entry['Test'],
    ...('StartTime' in entry && { startTime: entry['StartTime'] }),
  };
  const refusal = checkReattachConfig(config);
  if (refusal === null) return config as ReattachConfig;
  throw refusal.with({ message: `${quoteText(name)}: ${refusal.message}`, facts: { provider: name } });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notTheShape(`it is not JSON: ${messageOf(error)}`, error);
  }
}

function notTheShape(problem: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `TF_REATTACH_PROVIDERS cannot be read: ${problem}.`,
    hint: 'Copy the whole value that the plugin printed, without the quotes around it: {"<name>":{"Protocol":"grpc","ProtocolVersion":1,"Pid":1,"Test":true,"Addr":{"Network":"unix","String":"/path"}}}.',
    cause,
  });
}
