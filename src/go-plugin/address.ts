import { isIPv4, isIPv6 } from 'node:net';
import { PluginError } from '../model/index.js';
import type { Handshake } from '../model/index.js';
import { quoteText } from './visible-text.js';

/** The host and port of a TCP address, as they are dialled from this machine. */
export interface TcpEndpoint {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
  /** Where to try next: `[::]` listens on IPv4 too, on a machine that may have no IPv6. */
  readonly alternativeHost?: string;
}

/** What is wrong with an address: a clause for a message about it, and the next step. */
export interface AddressProblem {
  readonly problem: string;
  readonly hint: string;
}

/** A TCP address, or why the text is none. */
export type TcpResult = ({ readonly ok: true } & TcpEndpoint) | ({ readonly ok: false } & AddressProblem);

/** The longest path of a unix socket, in bytes: `sun_path` has 108 on Linux, with the terminating zero. */
export const maxSocketPathBytes = 107;

/** Checks whether an address from a handshake line or the broker can be dialled: NETWORK_UNSUPPORTED, or `null`. */
export function checkAddress(network: string, address: string): PluginError | null {
  const problem = isNetwork(network) ? addressProblem(network, address) : unknownNetwork;
  if (problem === null) return null;
  return new PluginError({
    code: 'NETWORK_UNSUPPORTED',
    message: `The ${quoteText(network, 20)} address ${quoteText(address)} cannot be dialled: ${problem.problem}.`,
    hint: problem.hint,
    facts: { network, address },
  });
}

/** Parses `host:port` or `[ipv6]:port`. An unspecified address (`0.0.0.0`, `[::]`, no host) becomes the loopback. */
export function parseTcpAddress(address: string): TcpResult {
  const parts = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([0-9]+)$/.exec(address);
  if (parts === null) return { ok: false, problem: 'it is not host:port', hint: tcpHint };
  const [, bracketed, plain = '', digits] = parts;
  const port = Number(digits);
  if (port < 1 || port > 65535) {
    return { ok: false, problem: 'its port is not between 1 and 65535', hint: tcpHint };
  }
  const host = bracketed === undefined ? readPlainHost(plain) : readBracketedHost(bracketed);
  return host === null
    ? { ok: false, problem: 'its host is neither an IP address nor a host name', hint: tcpHint }
    : { ok: true, port, ...host };
}

/** What is wrong with an address of a known network, or `null`. */
export function addressProblem(network: Handshake['network'], address: string): AddressProblem | null {
  if (network === 'unix') return socketPathProblem(address);
  const tcp = parseTcpAddress(address);
  return tcp.ok ? null : { problem: tcp.problem, hint: tcp.hint };
}

/** Whether a network is one that this host can dial. */
export function isNetwork(network: string): network is Handshake['network'] {
  return network === 'unix' || network === 'tcp';
}

/** What is wrong with a network other than unix and tcp. */
export const unknownNetwork: AddressProblem = {
  problem: 'only the networks unix and tcp can be dialled',
  hint: 'Let the plugin listen on a unix socket in PLUGIN_UNIX_SOCKET_DIR or on 127.0.0.1, and announce it as unix or tcp.',
};

type Hosts = Omit<TcpEndpoint, 'port'>;

const tcpHint =
  'Let the plugin announce the numeric address and the port on which it listens, for example 127.0.0.1:10000 or [::1]:10000.';

function readPlainHost(host: string): Hosts | null {
  if (host === '' || (isIPv4(host) && isUnspecified(host))) return { host: '127.0.0.1' };
  return isIPv4(host) || isHostName(host) ? { host } : null;
}

function readBracketedHost(host: string): Hosts | null {
  if (!isIPv6(host)) return null;
  return isUnspecified(host) ? { host: '::1', alternativeHost: '127.0.0.1' } : { host };
}

function isHostName(text: string): boolean {
  // The system resolves digits and dots alone as an old-style IPv4 number such as 127.1, not as a name.
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/.test(text) && !/^[0-9.]+$/.test(text);
}

function socketPathProblem(path: string): AddressProblem | null {
  if (path === '') {
    return {
      problem: 'the socket path is empty',
      hint: 'Let the plugin announce the path of the socket on which it listens.',
    };
  }
  if (path.startsWith('@') || path.startsWith('\0')) {
    return {
      problem: 'sockets in the abstract namespace are not supported',
      hint: 'Let the plugin listen on a socket file in PLUGIN_UNIX_SOCKET_DIR.',
    };
  }
  if (/[\u0000-\u001f\u007f]/.test(path)) {
    return {
      problem: 'the socket path has control characters',
      hint: 'Let the plugin announce the path of a socket file.',
    };
  }
  const bytes = Buffer.byteLength(path);
  if (bytes <= maxSocketPathBytes) return null;
  return {
    problem: `the socket path has ${bytes} bytes, but the system allows ${maxSocketPathBytes}`,
    hint: 'Let the plugin create its socket in PLUGIN_UNIX_SOCKET_DIR, or set TMPDIR to a short path such as /tmp.',
  };
}

/** Whether an IP address means every address of the machine, on which a listener can be, but which cannot be dialled. */
function isUnspecified(address: string): boolean {
  return /^[0:.]+$/.test(address);
}
