import { messageOf, PluginError, type ReattachConfig } from '../../model/index.js';
import { checkReattachConfig, isRecord } from './reattach-config.js';
import { quoteText } from '../visible-text.js';

/** Reattach configurations by the name of the plugin; for Terraform, by the source address of the provider. */
export type ReattachProviders = Readonly<Record<string, ReattachConfig>>;

/**
 * Parses the value of the environment variable TF_REATTACH_PROVIDERS, with which a program under a debugger announces
 * how a host can attach to it. Unknown keys are ignored, as in Terraform.
 *
 * @throws PluginError CONFIG_INVALID or PROTOCOL_UNSUPPORTED, with the name of the plugin, for any other shape.
 */
export function parseReattachProviders(text: string): ReattachProviders {
  const providers = parseJson(text);
  if (!isRecord(providers)) throw shapeError('it is not an object keyed by plugin');
  return Object.fromEntries(Object.entries(providers).map(([name, entry]) => [name, readEntry(name, entry)]));
}

/** The value for TF_REATTACH_PROVIDERS. Terraform ignores `StartTime`, which only Espalier has. */
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
  if (!isRecord(entry)) throw shapeError(`${quoteText(name)} is not an object`);
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
    throw shapeError(`it is not JSON: ${messageOf(error)}`, error);
  }
}

function shapeError(problem: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `TF_REATTACH_PROVIDERS cannot be parsed: ${problem}.`,
    hint: 'Copy the whole value that the plugin printed, without the quotes around it: {"<name>":{"Protocol":"grpc","ProtocolVersion":1,"Pid":1,"Test":true,"Addr":{"Network":"unix","String":"/path"}}}.',
    cause,
  });
}
