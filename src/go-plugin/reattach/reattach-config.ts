import { PluginError, type Handshake, type ReattachConfig } from '../../model/index.js';
import { checkAddress } from '../address.js';

const fields =
  'It has the fields protocol, protocolVersion, addr { network, string }, pid, test, and startTime where it is known.';

/** Checks whether a value is a usable reattach configuration: CONFIG_INVALID, PROTOCOL_UNSUPPORTED, or `null`. */
export function checkReattachConfig(config: unknown): PluginError | null {
  if (!isRecord(config)) return unusable(['it is not an object']);
  const { addr, protocol } = config;
  if (protocol === '' || protocol === 'netrpc') return netrpc();
  const { network, string } = isRecord(addr) ? addr : {};
  const problems = problemsOf(config);
  if (typeof network !== 'string' || typeof string !== 'string') {
    return unusable([...problems, 'addr must hold network and string']);
  }
  return problems.length > 0 ? unusable(problems) : checkAddress(network, string);
}

/** The handshake of a process that runs already, as far as its configuration has it: no certificate, no multiplexing. */
export function reattachHandshake({ protocol, protocolVersion, addr }: ReattachConfig): Handshake {
  return {
    coreVersion: 1,
    appVersion: protocolVersion,
    network: addr.network,
    address: addr.string,
    protocol,
    certificate: null,
    multiplexed: false,
  };
}

/** Whether a value is a JSON object: no array, and not `null`. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemsOf(config: Readonly<Record<string, unknown>>): string[] {
  const { protocol, protocolVersion, pid, test, startTime } = config;
  const problems: string[] = [];
  if (protocol !== 'grpc') problems.push('protocol must be "grpc"');
  if (!isWhole(protocolVersion, 0)) problems.push('protocolVersion must be a whole number');
  // kill(2) takes 0 and negative numbers for process groups.
  if (!isWhole(pid, 1)) problems.push('pid must be a whole number above 0');
  if (typeof test !== 'boolean') problems.push('test must be true or false');
  if (startTime !== undefined && (typeof startTime !== 'string' || startTime === ''))
    problems.push('startTime must be the text that reattachConfig returned, or be left out');
  return problems;
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) < 2 ** 31;
}

function unusable(problems: readonly string[]): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The reattach configuration is not usable: ${problems.join('; ')}.`,
    hint: fields,
    facts: { problems },
  });
}

function netrpc(): PluginError {
  return new PluginError({
    code: 'PROTOCOL_UNSUPPORTED',
    message: 'The reattach configuration is of a plugin that uses net/rpc.',
    hint: 'This host supports only gRPC: let the plugin serve gRPC, and set protocol to "grpc". An empty protocol means net/rpc.',
  });
}
