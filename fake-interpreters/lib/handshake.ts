import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printError } from './print.js';

/** The application versions that a fake supports, preferred ones first. */
const ownVersions = [2, 1];

/** A `sun_path` of 108 bytes without the NUL; Node silently truncates longer paths. */
const maxSocketPathBytes = 107;

export interface HandshakeFields {
  readonly core?: number;
  readonly version?: number;
  readonly network?: string;
  readonly address?: string;
  readonly protocol?: string;
  readonly certificate?: string;
  /** Field 7, which go-plugin prints only on request. */
  readonly multiplexing?: boolean | undefined;
}

/** The handshake line without its LF; the defaults are those of a healthy plugin. */
export function handshakeLine(fields: HandshakeFields = {}): string {
  const {
    core = 1,
    version = negotiateVersion(),
    network = 'unix',
    address = newSocketPath(),
    protocol = 'grpc',
    certificate = '',
    multiplexing,
  } = fields;
  const known = [core, version, network, address, protocol, certificate];
  return (multiplexing === undefined ? known : [...known, multiplexing]).join('|');
}

/** The best common version, else the lowest, as go-plugin does, so that the host can report the mismatch. */
export function negotiateVersion(): number {
  const offered = (process.env.PLUGIN_PROTOCOL_VERSIONS ?? '').split(',');
  return ownVersions.find((version) => offered.includes(String(version))) ?? Math.min(...ownVersions);
}

/** An unused path in the host's directory of sockets. */
export function newSocketPath(): string {
  const folder = process.env.PLUGIN_UNIX_SOCKET_DIR || tmpdir();
  const path = join(folder, `plugin${Math.floor(Math.random() * 1e10)}`);
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path;
  printError(`The socket path ${path} is too long.\n`);
  process.exit(1);
}

/** Exits unless the host has set the magic cookie. */
export function exitWithoutCookie(key: string, value: string): void {
  if (process.env[key] !== value) exitWithoutHost();
}

/** Prints the text for a caller that is no plugin host, and exits with 1. */
export function exitWithoutHost(): never {
  printError(
    'This binary is a plugin. It does nothing by itself: the program that it was written for has to start it.\n',
  );
  process.exit(1);
}
