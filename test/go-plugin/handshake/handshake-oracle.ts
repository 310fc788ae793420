import { isIPv4, isIPv6 } from 'node:net';
import type { Handshake } from '../../../src/model/index.js';
import type { HandshakeOffer } from '../../../src/go-plugin/index.js';

/**
 * The rows of the protocol's table of outcomes that a line alone can lead to:
 * d too few fields, e/f core version, g/h application version, j address, k network, l protocol,
 * m certificate unreadable, o certificate unasked, t certificate missing, p/q/r multiplexing.
 */
export type Row = 'd' | 'e' | 'f' | 'g' | 'h' | 'j' | 'k' | 'l' | 'm' | 'o' | 't' | 'p' | 'q' | 'r';

export type Outcome = { readonly row: Row } | { readonly row: 'accepted'; readonly handshake: Handshake };

/** The outcome of a line, worked out character by character and without a word of the code under test. */
export function outcomeOf(line: string, offer: HandshakeOffer): Outcome {
  const parts = cutAtBars(line.trim());
  if (parts.length < 4) return { row: 'd' };
  const [core = '', app = '', network = '', address = ''] = parts;
  const coreVersion = whole(core);
  if (coreVersion === undefined) return { row: 'e' };
  if (coreVersion !== 1n) return { row: 'f' };
  const appVersion = whole(app);
  if (appVersion === undefined) return { row: 'g' };
  if (!offer.protocolVersions.some((version) => BigInt(version) === appVersion)) return { row: 'h' };
  if (!['tcp', 'unix'].includes(network)) return { row: 'k' };
  if (network === 'unix' ? !goodPath(address) : !goodTcp(address)) return { row: 'j' };
  const protocol = parts.length > 4 ? parts[4] : 'netrpc';
  if (protocol !== 'grpc' && !(protocol === 'netrpc' && offer.allowNetrpc)) return { row: 'l' };
  const sixth = new TextEncoder().encode(parts[5] ?? '').length > 50 ? (parts[5] ?? '') : '';
  const certificate = sixth === '' ? null : bytesOf(sixth);
  if (certificate === undefined) return { row: 'm' };
  if (certificate !== null && !offer.certificateExpected) return { row: 'o' };
  if (sixth === '' && offer.certificateRequired) return { row: 't' };
  const asked = protocol === 'grpc' && offer.multiplexing !== undefined;
  const agreed = asked && /^(1|t|T|TRUE|true|True)$/.test(parts[6] ?? '');
  const declined = parts.length < 7 || /^(0|f|F|FALSE|false|False)$/.test(parts[6] ?? '');
  if (asked && !agreed && !declined) return { row: 'q' };
  if (asked && !agreed && offer.multiplexing === 'required') return { row: parts.length < 7 ? 'p' : 'r' };
  const handshake: Handshake = {
    coreVersion: 1,
    appVersion: Number(appVersion),
    network: network === 'unix' ? 'unix' : 'tcp',
    address,
    protocol,
    certificate,
    multiplexed: agreed,
  };
  return { row: 'accepted', handshake };
}

function cutAtBars(text: string): string[] {
  const parts = [''];
  for (const character of text) {
    if (character === '|') parts.push('');
    else parts.push((parts.pop() ?? '') + character);
  }
  return parts;
}

function whole(text: string): bigint | undefined {
  const sign = text.startsWith('-') ? -1n : 1n;
  const digits = text.startsWith('-') || text.startsWith('+') ? text.slice(1) : text;
  if (digits === '' || Array.from(digits).some((digit) => !'0123456789'.includes(digit))) return undefined;
  const value = sign * BigInt(digits);
  return value > 2n ** 53n - 1n || value < -(2n ** 53n - 1n) ? undefined : value;
}

function goodPath(path: string): boolean {
  const bytes = [...new TextEncoder().encode(path)];
  const printable = bytes.every((byte) => byte >= 32 && byte !== 127);
  return bytes.length > 0 && bytes.length < 108 && printable && !path.startsWith('@');
}

function goodTcp(address: string): boolean {
  const colon = address.lastIndexOf(':');
  if (colon < 0) return false;
  const [host, port] = [address.slice(0, colon), address.slice(colon + 1)];
  const number = whole(port);
  if (number === undefined || /[+-]/.test(port) || number < 1n || number > 65535n) return false;
  if (host.startsWith('[') && host.endsWith(']')) return isIPv6(host.slice(1, -1));
  if (host === '' || isIPv4(host)) return true;
  const labels = Array.from(host).every((character) => /[A-Za-z0-9._-]/.test(character));
  return labels && host.length <= 253 && !/^[.-]/.test(host) && /[^0-9.]/.test(host);
}

/** Decoded six bits at a time; `undefined` when it is no unpadded base64. */
function bytesOf(text: string): Uint8Array | undefined {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push((bits >> held) & 0xff);
  }
  return held === 6 ? undefined : Uint8Array.from(bytes);
}
