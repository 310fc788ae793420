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

export type HandshakeResult =
  { readonly ok: true; readonly handshake: Handshake } | { readonly ok: false; readonly error: PluginError };

/**
 * Whether a line of stdout is meant as the handshake. The reference host takes the first line whatever it is;
 * we pass over what a plugin printed by mistake before it.
 */
export function looksLikeHandshake(line: string): boolean {
  return /^\s*[+-]?\d+\|/.test(line);
}

/** Reads a plugin's handshake line, or refuses it for the first reason in the order of the reference host. */
export function parseHandshakeLine(line: string, offer: HandshakeOffer): HandshakeResult {
  const reading = readHandshake(line, offer);
  return reading.ok
    ? { ok: true, handshake: reading.value }
    : { ok: false, error: handshakeError(line, reading.refusal) };
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

function handshakeError(line: string, refusal: Refusal): PluginError {
  return new PluginError({
    code: refusal.code,
    phase: 'handshake',
    message: `The plugin's handshake line ${quoteText(line)} was refused: ${refusal.problem}.`,
    hint: refusal.hint,
    facts: { line: visibleText(line), field: refusal.field, ...refusal.facts },
  });
}
