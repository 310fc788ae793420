import { status as code, type CallCredentials, type Metadata, type StatusObject } from '@grpc/grpc-js';
import {
  createHeaderTemplate,
  type HeaderField,
  type HeaderTemplate,
  type RequestHead,
} from '../../http2/index.js';
import { messageOf } from '../../model/index.js';
import { acceptedEncodings } from '../grpc/compression.js';
import type { Http2Connection } from './connection.js';
import { grpcTimeout, type Deadline } from '../grpc/deadline.js';
import { knownCode, statusOf } from './status.js';

/** What a call is about, beside its metadata and messages. */
export interface CallTarget {
  /** For example `/proto.KV/Get`. */
  readonly method: string;
  readonly deadline: Deadline;
  /** In the place of the connection's own name. */
  readonly host: string | null | undefined;
}

/** Methods whose fields are kept as a template, for each connection. */
const mostTemplates = 500;

/** What a call begins with: gRPC's own fields, and the caller's metadata without those of the same names. */
export function requestHead(
  connection: Http2Connection,
  { method, host, deadline }: CallTarget,
  metadata: Metadata | null,
  encoding: string | null,
): RequestHead {
  const fields: HeaderField[] = [];
  const timeout = grpcTimeout(deadline);
  if (timeout !== null) fields.push({ name: 'grpc-timeout', value: timeout });
  if (encoding !== null) fields.push({ name: 'grpc-encoding', value: encoding });
  if (metadata !== null) addMetadata(fields, metadata);
  return { template: templateOf(connection, method, host ?? null), fields };
}

function templateOf(
  { templates, scheme, authority }: Http2Connection,
  path: string,
  host: string | null,
): HeaderTemplate {
  // A joined string would have to be hashed for each call.
  const key = host === null ? path : `${path} ${host}`;
  const known = templates.get(key);
  if (known !== undefined) return known;
  const template = createHeaderTemplate([
    { name: ':method', value: 'POST' },
    { name: ':scheme', value: scheme },
    { name: ':path', value: path },
    { name: ':authority', value: host ?? authority },
    { name: 'te', value: 'trailers' },
    { name: 'content-type', value: 'application/grpc' },
    { name: 'user-agent', value: 'espalier' },
    { name: 'grpc-accept-encoding', value: acceptedEncodings },
  ]);
  if (templates.size < mostTemplates) templates.set(key, template);
  return template;
}

function addMetadata(fields: HeaderField[], metadata: Metadata): void {
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    if (ofTheTransport.has(name)) continue;
    const isSensitive = secrets.has(name);
    for (const value of Array.isArray(values) ? values : [values])
      fields.push({ name, value: String(value), ...(isSensitive && { isSensitive }) });
  }
}

/** What the transport says itself, and what HTTP/2 does not have. */
const ofTheTransport: ReadonlySet<string> = new Set([
  ...['te', 'content-type', 'user-agent', 'grpc-accept-encoding', 'grpc-encoding', 'grpc-timeout', 'host'],
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'],
]);

/** Values that are kept out of compression tables. */
const secrets: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** The size of a head's own fields, as the server counts them. */
export function sizeOfFields({ fields }: RequestHead): number {
  return fields.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0);
}

/**
 * The metadata with what call credentials add to it, or the status of a call that they keep from being made. They
 * are asked with the very words that grpc-js has for them: signatures may be made over these.
 */
export async function signed(
  metadata: Metadata,
  credentials: CallCredentials,
  { authority }: Http2Connection,
  { method, host }: CallTarget,
): Promise<Metadata | StatusObject> {
  const name = host ?? authority;
  const whole = metadata.clone();
  try {
    whole.merge(
      await credentials.generateMetadata({
        method_name: method,
        service_url: `https://${name.replace(/:\d+$/, '')}${method.slice(0, method.lastIndexOf('/'))}`,
      }),
    );
  } catch (error) {
    return refused(error);
  }
  return whole.get('authorization').length > 1
    ? statusOf(code.INTERNAL, '"authorization" metadata cannot have multiple values')
    : whole;
}

function refused(error: unknown): StatusObject {
  const details = `The call credentials gave no metadata: ${messageOf(error)}`;
  const given = knownCode((error as { code?: unknown } | null)?.code) ?? code.UNKNOWN;
  return statusOf(applicationsOwn.has(given) ? code.INTERNAL : given, details);
}

/** Codes that only the server's application may use (gRFC A54). Failed credentials must not look like an answer. */
const applicationsOwn: ReadonlySet<code> = new Set([
  code.OK,
  code.INVALID_ARGUMENT,
  code.NOT_FOUND,
  code.ALREADY_EXISTS,
  code.FAILED_PRECONDITION,
  code.ABORTED,
  code.OUT_OF_RANGE,
  code.DATA_LOSS,
]);
