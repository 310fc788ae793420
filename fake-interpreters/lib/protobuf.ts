/** One field of a protobuf message: a number for wire type 0, bytes for wire type 2. */
export interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

/** Writes the two wire types that the services here use; by hand, so that no library is tested against itself. */
export function encodeFields(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(encodeField));
}

export function decodeFields(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    const head = readVarint(message, tag.end);
    const isBytes = (tag.value & 7) === 2;
    const end = isBytes ? head.end + head.value : head.end;
    fields.push({
      number: tag.value >> 3,
      value: isBytes ? message.subarray(head.end, end) : head.value,
    });
    at = end;
  }
  return fields;
}

function encodeField({ number, value }: Field): Buffer[] {
  if (typeof value === 'number') return [varint(number << 3), varint(value)];
  return [varint((number << 3) | 2), varint(value.length), value];
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
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
