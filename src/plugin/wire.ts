/** How one message becomes bytes and comes back. */
export interface Codec<T> {
  readonly encode: (value: T) => Buffer;
  readonly decode: (bytes: Buffer) => T;
}

/** Where one side serves an id: `plugin.ConnInfo`. Its knock is for multiplexing only. */
export interface ConnInfo {
  readonly id: number;
  readonly network: string;
  readonly address: string;
}

/** Printed bytes of stdout (1) or stderr (2): `plugin.StdioData`. */
export interface StdioData {
  readonly channel: number;
  readonly data: Uint8Array;
}

// Written by hand, as a protobuf library would double the time in which a plugin starts.

/** A message without fields. */
export const empty: Codec<object> = { encode: () => Buffer.alloc(0), decode: () => ({}) };

/**
 * Field 1 as text: `HealthCheckRequest` and `ConfigurationChange`. In an object, as grpc-js takes an empty text for a
 * message that did not come.
 */
export const text: Codec<{ readonly text: string }> = {
  encode: (value) => bytesField(1, Buffer.from(value.text)),
  decode: (message) => ({ text: textOf(readFields(message).get(1)) }),
};

/** Field 1 as a list of texts: `ImplementedResponse`. */
export const texts: Codec<readonly string[]> = {
  encode: (values) => Buffer.concat(values.map((value) => bytesField(1, Buffer.from(value)))),
  decode: (message) => [textOf(readFields(message).get(1))],
};

/** Field 1 as a number: `HealthCheckResponse`. */
export const servingStatus: Codec<number> = {
  encode: (value) => numberField(1, value),
  decode: (message) => numberOf(readFields(message).get(1)),
};

/** `StdioData`: the output, 1 for stdout and 2 for stderr, and what was printed. */
export const stdioData: Codec<StdioData> = {
  encode: ({ channel, data }) => Buffer.concat([numberField(1, channel), bytesField(2, data)]),
  decode: (message) => {
    const fields = readFields(message);
    return { channel: numberOf(fields.get(1)), data: bytesOf(fields.get(2)) };
  },
};

/** `ConnInfo`: a number of the broker, and the network and address on which it is served. */
export const connInfo: Codec<ConnInfo> = {
  encode: ({ id, network, address }) =>
    Buffer.concat([
      numberField(1, id),
      bytesField(2, Buffer.from(network)),
      bytesField(3, Buffer.from(address)),
    ]),
  decode: (message) => {
    const fields = readFields(message);
    return {
      id: numberOf(fields.get(1)) % 2 ** 32,
      network: textOf(fields.get(2)),
      address: textOf(fields.get(3)),
    };
  },
};

type Value = number | Buffer;

const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The numbers and bytes of a message, of each field the last one. Throws a RangeError where the message is cut off. */
function readFields(message: Buffer): ReadonlyMap<number, Value> {
  const fields = new Map<number, Value>();
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    const { value, end } = readValue(message, tag.end, tag.value & 7);
    if (value !== null) fields.set(Math.floor(tag.value / 8), value);
    at = end;
  }
  return fields;
}

function readValue(message: Buffer, at: number, type: number): { value: Value | null; end: number } {
  if (type === wireType.varint) return readVarint(message, at);
  if (type === wireType.fixed64) return { value: null, end: at + 8 };
  if (type === wireType.fixed32) return { value: null, end: at + 4 };
  if (type !== wireType.bytes) throw new RangeError(`There is no protobuf wire type ${type}.`);
  const length = readVarint(message, at);
  const end = length.end + length.value;
  if (end > message.length) throw new RangeError('A protobuf field is cut off.');
  return { value: message.subarray(length.end, end), end };
}

function readVarint(message: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  let weight = 1;
  let end = start;
  for (;;) {
    const byte = message.readUInt8(end);
    end += 1;
    value += (byte & 127) * weight;
    weight *= 128;
    if (byte < 128) return { value, end };
  }
}

function numberField(number: number, value: number): Buffer {
  return Buffer.from([...varint(number * 8), ...varint(value)]);
}

function bytesField(number: number, value: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from([...varint(number * 8 + wireType.bytes), ...varint(value.length)]),
    value,
  ]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

function numberOf(value: Value | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function bytesOf(value: Value | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function textOf(value: Value | undefined): string {
  return bytesOf(value).toString();
}
