import { PluginError } from '../../model/index.js';
import type { Handshake } from '../../model/index.js';
import {
  readAddress,
  readAppVersion,
  readCertificate,
  readCoreVersion,
  readMultiplexing,
  readNetwork,
  readProtocol,
  splitFields,
} from './handshake-fields.js';
import type { FieldResult, HandshakeOffer, Refusal } from './handshake-fields.js';
import { quoteText, visibleText } from '../visible-text.js';

export type { HandshakeOffer } from './handshake-fields.js';

/** A handshake, or why its line is refused. */
export type HandshakeResult =
  { readonly ok: true; readonly handshake: Handshake } | { readonly ok: false; readonly error: PluginError };

/**
 * Whether a line of stdout is meant as the handshake. go-plugin's host takes the first line for it in any case; this host
 * skips what a plugin prints before it.
 */
export function looksLikeHandshake(line: string): boolean {
  return /^\s*[+-]?\d+\|/.test(line);
}

/** The path of the unix socket that a line announces, also one that is rejected; `null`: none. */
export function announcedSocket(line: string): string | null {
  const [, , network, address = ''] = line.trim().split('|', 4);
  return network === 'unix' && address.startsWith('/') ? address : null;
}

/** Parses a handshake line; the error is the first one in the order in which go-plugin's host checks. */
export function parseHandshakeLine(line: string, offer: HandshakeOffer): HandshakeResult {
  const result = readHandshake(line, offer);
  return result.ok
    ? { ok: true, handshake: result.value }
    : { ok: false, error: handshakeError(line, result.refusal) };
}

function readHandshake(line: string, offer: HandshakeOffer): FieldResult<Handshake> {
  const fields = splitFields(line);
  if (!fields.ok) return fields;
  const coreVersion = readCoreVersion(fields.value);
  if (!coreVersion.ok) return coreVersion;
  const appVersion = readAppVersion(fields.value, offer);
  if (!appVersion.ok) return appVersion;
  const network = readNetwork(fields.value);
  if (!network.ok) return network;
  const address = readAddress(fields.value, network.value);
  if (!address.ok) return address;
  const protocol = readProtocol(fields.value, offer);
  if (!protocol.ok) return protocol;
  const certificate = readCertificate(fields.value, offer);
  if (!certificate.ok) return certificate;
  const multiplexed = readMultiplexing(fields.value, offer);
  if (!multiplexed.ok) return multiplexed;
  return {
    ok: true,
    value: {
      coreVersion: coreVersion.value,
      appVersion: appVersion.value,
      network: network.value,
      address: address.value,
      protocol: protocol.value,
      certificate: certificate.value,
      multiplexed: multiplexed.value,
    },
  };
}

/** How many characters of a field a message shows: an address, but no whole certificate. */
const shownFieldLength = 80;

function shortened(line: string): string {
  return line
    .split('|')
    .map((field) => (field.length > shownFieldLength ? `${field.slice(0, 16)}…` : field))
    .join('|');
}

function handshakeError(line: string, refusal: Refusal): PluginError {
  return new PluginError({
    code: refusal.code,
    phase: 'handshake',
    message: `The plugin's handshake line ${quoteText(shortened(line))} was refused: ${refusal.problem}.`,
    hint: refusal.hint,
    facts: { line: visibleText(line), field: refusal.field, ...refusal.facts },
  });
}
