import type { Handshake, PluginErrorCode } from '../../model/index.js';
import { addressProblem, isNetwork, unknownNetwork } from '../address.js';
import { decodeRawBase64, parseGoBoolean, parseGoInteger } from './go-literals.js';
import { quoteText } from '../visible-text.js';

/** What the host offered when it started the plugin, as far as it concerns the line. */
export interface HandshakeOffer {
  readonly protocolVersions: readonly number[];
  /** Parse a netrpc line instead of refusing it. */
  readonly allowNetrpc?: boolean | undefined;
  /** PLUGIN_MULTIPLEX_GRPC was set; `required`: a plugin that does not multiplex is refused. */
  readonly multiplexing?: 'auto' | 'required' | undefined;
  /** PLUGIN_CLIENT_CERT was set. */
  readonly certificateExpected?: boolean | undefined;
  /** A plugin that offers no certificate is refused. */
  readonly certificateRequired?: boolean | undefined;
}

/** The fields of the line as text; `null` where the line ends before the field. */
export interface LineFields {
  readonly core: string;
  readonly app: string;
  readonly network: string;
  readonly address: string;
  readonly protocol: string | null;
  readonly certificate: string | null;
  readonly multiplexing: string | null;
}

/** Why a field is not acceptable: `problem` is a clause that follows the quoted line. */
export interface Refusal {
  readonly code: PluginErrorCode;
  readonly field: keyof Handshake | 'line';
  readonly problem: string;
  readonly hint: string;
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
}

/** The value of a field, or why it is refused. */
export type FieldResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** Splits a line at its bars. A line of fewer than four fields is no handshake line. */
export function splitFields(line: string): FieldResult<LineFields> {
  const parts = line.trim().split('|', 7);
  const [core, app, network, address, protocol = null, certificate = null, multiplexing = null] = parts;
  if (core === undefined || app === undefined || network === undefined || address === undefined) {
    return refuse({
      code: 'HANDSHAKE_UNRECOGNIZED',
      field: 'line',
      problem: line.trim() === '' ? 'it is empty' : `it has ${parts.length} of the at least 4 fields`,
      hint: isOlderProtocol(app) ? useNewerProtocol : printTheLine,
    });
  }
  return accept({ core, app, network, address, protocol, certificate, multiplexing });
}

/** Field 1: the core protocol version, of which only 1 exists. */
export function readCoreVersion({ core, app }: LineFields): FieldResult<1> {
  const version = parseGoInteger(core);
  if (version === 1) return accept(1);
  if (version === null) {
    return refuse({
      code: 'HANDSHAKE_UNRECOGNIZED',
      field: 'coreVersion',
      problem: `field 1 (core protocol version) is ${quote(core)}, which is not a whole number`,
      hint: printTheLine,
    });
  }
  return refuse({
    code: 'CORE_VERSION_MISMATCH',
    field: 'coreVersion',
    problem: `field 1 (core protocol version) is ${version}, but this host supports 1`,
    hint: coreVersionHint(version, app),
    facts: { announced: version, supported: [1] },
  });
}

/** Field 2: the application protocol version, one of those that the host offered. */
export function readAppVersion({ app }: LineFields, offer: HandshakeOffer): FieldResult<number> {
  const version = parseGoInteger(app);
  if (version === null) {
    return refuse({
      code: 'HANDSHAKE_UNRECOGNIZED',
      field: 'appVersion',
      problem: `field 2 (application protocol version) is ${quote(app)}, which is not a whole number`,
      hint: 'Let the plugin print one of the versions in PLUGIN_PROTOCOL_VERSIONS as field 2.',
    });
  }
  if (offer.protocolVersions.includes(version)) return accept(version);
  const offered = offer.protocolVersions.join(', ') || 'none';
  return refuse({
    code: 'APP_VERSION_MISMATCH',
    field: 'appVersion',
    problem: `field 2 (application protocol version) is ${version}, but this host offers ${offered}`,
    hint:
      `Install a release of the plugin that supports one of the host's versions, or, if the host supports ${version}, ` +
      `offer it: --protocol-versions ${version} or the handshake option's protocolVersions.`,
    facts: { announced: version, offered: offer.protocolVersions },
  });
}

/** Field 3: the network, unix or tcp. */
export function readNetwork({ network }: LineFields): FieldResult<Handshake['network']> {
  if (isNetwork(network)) return accept(network);
  return refuse({
    code: 'NETWORK_UNSUPPORTED',
    field: 'network',
    problem: `field 3 (network) is ${quote(network)}, but ${unknownNetwork.problem}`,
    hint: unknownNetwork.hint,
  });
}

/** Field 4: the address. Host names are not resolved here. */
export function readAddress({ address }: LineFields, network: Handshake['network']): FieldResult<string> {
  const found = addressProblem(network, address);
  if (found === null) return accept(address);
  return refuse({
    code: 'NETWORK_UNSUPPORTED',
    field: 'address',
    problem: `field 4 (address) is ${quote(address)}, but ${found.problem}`,
    hint: found.hint,
  });
}

/** Field 5: the protocol. A line of four fields means netrpc, as in the first releases of go-plugin. */
export function readProtocol(
  { protocol }: LineFields,
  offer: HandshakeOffer,
): FieldResult<Handshake['protocol']> {
  if (protocol === 'grpc') return accept('grpc');
  const netrpc = protocol === null || protocol === 'netrpc';
  if (netrpc && offer.allowNetrpc === true) return accept('netrpc');
  return refuse({
    code: 'PROTOCOL_UNSUPPORTED',
    field: 'protocol',
    problem:
      protocol === null
        ? 'it ends before field 5 (protocol), which means netrpc, but this host supports only grpc'
        : `field 5 (protocol) is ${quote(protocol)}, but this host supports only grpc`,
    hint: netrpc
      ? 'Serve the plugin over gRPC: in Go set GRPCServer to plugin.DefaultGRPCServer, elsewhere print grpc as field 5.'
      : 'Let the plugin print grpc as field 5.',
  });
}

/** Field 6: the certificate of the plugin, as DER; `null` when there is none. */
export function readCertificate(
  { certificate }: LineFields,
  offer: HandshakeOffer,
): FieldResult<Uint8Array | null> {
  const text = certificate ?? '';
  // go-plugin ignores anything this short: earlier releases had other data in this field.
  if (Buffer.byteLength(text) <= 50)
    return offer.certificateRequired === true ? withoutCertificate() : accept(null);
  const der = decodeRawBase64(text);
  if (der === null) {
    return refuse({
      code: 'CERTIFICATE_INVALID',
      field: 'certificate',
      problem: 'field 6 (certificate) is not unpadded standard base64',
      hint: text.endsWith('=')
        ? 'Strip the trailing "=" from the base64 text that the plugin prints: go-plugin expects it without padding.'
        : 'Let the plugin print its certificate as DER in standard base64 ("+" and "/"), without padding or line breaks.',
    });
  }
  if (offer.certificateExpected === true) return accept(der);
  return refuse({
    code: 'CERTIFICATE_INVALID',
    field: 'certificate',
    problem: 'field 6 is a certificate, but this host did not offer TLS',
    hint: 'Turn AutoMTLS on (--mtls auto), or let the plugin serve TLS only when PLUGIN_CLIENT_CERT is set.',
  });
}

function withoutCertificate(): { readonly ok: false; readonly refusal: Refusal } {
  return refuse({
    code: 'MTLS_UNSUPPORTED',
    field: 'certificate',
    problem: 'it announces no certificate in field 6, but this host requires mutual TLS',
    hint: 'Let the plugin serve TLS when PLUGIN_CLIENT_CERT is set, or allow plugins without it: --mtls auto.',
  });
}

/** Field 7: whether the plugin multiplexes. Ignored where multiplexing was not offered. */
export function readMultiplexing(fields: LineFields, offer: HandshakeOffer): FieldResult<boolean> {
  if (offer.multiplexing === undefined || fields.protocol !== 'grpc') return accept(false);
  const multiplexing = fields.multiplexing === null ? null : parseGoBoolean(fields.multiplexing);
  if (multiplexing === true) return accept(true);
  const isDeclined = fields.multiplexing === null || multiplexing === false;
  if (isDeclined && offer.multiplexing === 'auto') return accept(false);
  return refuse({
    code: 'MUX_UNSUPPORTED',
    field: 'multiplexed',
    problem: multiplexingProblem(fields.multiplexing, multiplexing),
    hint: 'Rebuild the plugin with go-plugin 1.6 or later, or allow plugins without it: --multiplex auto.',
  });
}

/** Before go-plugin had a core version, the network was the second field. */
function isOlderProtocol(app: string | undefined): boolean {
  return app !== undefined && isNetwork(app);
}

const useNewerProtocol =
  'The program speaks an older protocol than go-plugin, without a core version: install a release of it that is built with go-plugin and serves gRPC.';

function coreVersionHint(version: number, app: string): string {
  if (isOlderProtocol(app)) return useNewerProtocol;
  return version < 1
    ? 'The program speaks a protocol before the first of go-plugin: install a release of it that is built with go-plugin and serves gRPC.'
    : 'There is no such go-plugin protocol that this host knows: build the plugin with a go-plugin library of core protocol 1, which every release has.';
}

const printTheLine =
  'Let the plugin print core|app|network|address|grpc| as its first line on stdout and everything else on stderr.';

function multiplexingProblem(text: string | null, value: boolean | null): string {
  if (text === null) return 'it ends before field 7 (multiplexing), so the plugin cannot share one socket';
  return value === false
    ? `field 7 (multiplexing) is ${quote(text)}, so the plugin does not share one socket`
    : `field 7 (multiplexing) is ${quote(text)}, which is not a boolean`;
}

function quote(value: string): string {
  return quoteText(value, 60);
}

function accept<T>(value: T): FieldResult<T> {
  return { ok: true, value };
}

function refuse(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}
