// The ASN.1 types that a certificate needs, in DER (ITU-T X.690).

/** SEQUENCE. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

/** SET OF with one element. */
export function setOf(part: Uint8Array): Buffer {
  return element(0x31, part);
}

/** INTEGER that is not negative, from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  // A set highest bit would make it negative.
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return element(0x02, isNegative ? Buffer.concat([Uint8Array.of(0), digits]) : digits);
}

/** BOOLEAN with the value TRUE. */
export function booleanTrue(): Buffer {
  return element(0x01, Uint8Array.of(0xff));
}

/** OBJECT IDENTIFIER, from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes);
}

/** BIT STRING; `unused` is the number of bits at its end that do not belong to it. */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return element(0x03, Buffer.concat([Uint8Array.of(unused), bytes]));
}

/** UTCTime before the year 2050, GeneralizedTime from then on, as RFC 5280 requires. In milliseconds since the epoch. */
export function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\.\d+|[-:T]/g, '');
  return Number(digits.slice(0, 4)) < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

/** An explicitly tagged part: `[number]` around its own type. */
export function explicit(number: number, part: Uint8Array): Buffer {
  return element(0xa0 | number, part);
}

/** An implicitly tagged part: `[number]` in place of its own type. */
export function implicit(number: number, contents: Uint8Array): Buffer {
  return element(0x80 | number, contents);
}

function element(tag: number, contents: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(tag, ...length(contents.length)), contents]);
}

function length(count: number): number[] {
  if (count < 0x80) return [count];
  return count < 0x100 ? [0x81, count] : [0x82, count >> 8, count & 0xff];
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) digits.unshift((rest & 0x7f) | 0x80);
  return digits;
}
