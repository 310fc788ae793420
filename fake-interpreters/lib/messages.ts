import type { Codec } from './method.js';
import { decodeFields, encodeFields } from './protobuf.js';

/** `plugin.Empty` and `google.protobuf.Empty` alike. */
export const empty: Codec<object> = { encode: () => Buffer.alloc(0), decode: () => ({}) };

/** A message whose only field is a string with the number 1: the name in a health request, a configuration. */
export const text: Codec<string> = {
  encode: (value) => encodeFields(value === '' ? [] : [{ number: 1, value: Buffer.from(value) }]),
  decode: (bytes) => textsOf(bytes)[0] ?? '',
};

/** A message whose only field is a repeated string with the number 1. */
export const texts: Codec<readonly string[]> = {
  encode: (values) => encodeFields(values.map((value) => ({ number: 1, value: Buffer.from(value) }))),
  decode: textsOf,
};

const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export type ServingStatus = (typeof servingStatuses)[number];

/** `grpc.health.v1.HealthCheckResponse`. */
export const healthCheckResponse: Codec<ServingStatus> = {
  encode: (status) => encodeFields([{ number: 1, value: servingStatuses.indexOf(status) }]),
  decode: (bytes) => servingStatuses[Number(decodeFields(bytes)[0]?.value ?? 0)] ?? 'UNKNOWN',
};

export type OutputChannel = 'stdout' | 'stderr';

/** `plugin.StdioData`. */
export const stdioData: Codec<{ channel: OutputChannel; data: Buffer }> = {
  encode: ({ channel, data }) =>
    encodeFields([
      { number: 1, value: channel === 'stdout' ? 1 : 2 },
      { number: 2, value: data },
    ]),
  decode: (bytes) => {
    const fields = new Map(decodeFields(bytes).map(({ number, value }) => [number, value]));
    const data = fields.get(2);
    return {
      channel: fields.get(1) === 1 ? 'stdout' : 'stderr',
      data: Buffer.isBuffer(data) ? data : Buffer.alloc(0),
    };
  },
};

/** `plugin.ConnInfo`. */
export interface ConnInfo {
  readonly id: number;
  readonly network: string;
  readonly address: string;
  /** Only on a multiplexed connection. */
  readonly knock?: Knock | undefined;
}

export interface Knock {
  readonly ack: boolean;
  readonly error: string;
}

const knockOf: Codec<Knock> = {
  encode: ({ ack, error }) =>
    encodeFields([
      { number: 1, value: 1 },
      { number: 2, value: ack ? 1 : 0 },
      { number: 3, value: Buffer.from(error) },
    ]),
  decode: (bytes) => {
    const fields = new Map(decodeFields(bytes).map(({ number, value }) => [number, value]));
    return { ack: fields.get(2) === 1, error: (fields.get(3) ?? '').toString() };
  },
};

export const connInfo: Codec<ConnInfo> = {
  encode: ({ id, network, address, knock }) =>
    encodeFields([
      { number: 1, value: id },
      { number: 2, value: Buffer.from(network) },
      { number: 3, value: Buffer.from(address) },
      ...(knock === undefined ? [] : [{ number: 4, value: knockOf.encode(knock) }]),
    ]),
  decode: (bytes) => {
    const fields = new Map(decodeFields(bytes).map(({ number, value }) => [number, value]));
    const [id = 0, network = '', address = ''] = [1, 2, 3].map((number) => fields.get(number));
    const knock = fields.get(4);
    return {
      id: Number(id),
      network: network.toString(),
      address: address.toString(),
      knock: Buffer.isBuffer(knock) ? knockOf.decode(knock) : undefined,
    };
  },
};

function textsOf(bytes: Buffer): string[] {
  return decodeFields(bytes).flatMap(({ value }) => (Buffer.isBuffer(value) ? [value.toString()] : []));
}
