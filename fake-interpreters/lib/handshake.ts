import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printError } from './print.js';

/** The application versions that a fake speaks, the best first. */
const ownVersions = [2, 1];

/** A `sun_path` of 108 bytes, less the NUL; Node cuts a longer one off without a word. */
const maxSocketPathBytes = 107;

export interface HandshakeFields {
  readonly core?: number;
  readonly version?: number;
  readonly network?: string;
  readonly address?: string;
  readonly protocol?: string;
  readonly certificate?: string;
  /** Field 7, which go-plugin prints only where it was asked. */
  readonly multiplexing?: boolean | undefined;
}

/** The handshake line without its LF; what is left out is what a healthy plugin would say. */
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

/** The best version that the host offers, else the lowest, so that the host can say what is wrong. */
export function negotiateVersion(): number {
  const offered = (process.env.PLUGIN_PROTOCOL_VERSIONS ?? '').split(',');
  return ownVersions.find((version) => offered.includes(String(version))) ?? Math.min(...ownVersions);
}

/** A path that nobody uses yet, where the host wants the sockets to be. */
export function newSocketPath(): string {
  const folder = process.env.PLUGIN_UNIX_SOCKET_DIR || tmpdir();
  const path = join(folder, `plugin${Math.floor(Math.random() * 1e10)}`);
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path;
  printError(`The socket path ${path} is too long.\n`);
  process.exit(1);
}

/** Ends the program unless the host knows the word. */
export function exitWithoutCookie(key: string, value: string): void {
  if (process.env[key] !== value) exitWithoutHost();
}

/** What a plugin says to somebody who is not its host. */
export function exitWithoutHost(): never {
  printError(
    'This binary is a plugin. It does nothing by itself: the program that it was written for has to start it.\n',
  );
  process.exit(1);
}
