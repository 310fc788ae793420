/** The few ASN.1 types that a certificate is made of, in DER. */

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

export function setOf(part: Uint8Array): Buffer {
  return element(0x31, part);
}

/** A whole number that is not negative, from its bytes with the highest first. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  // A set highest bit would make it negative.
  const isNegative = (digits[0] ?? 0) >= 0x80;
  return element(0x02, isNegative ? Buffer.concat([Uint8Array.of(0), digits]) : digits);
}

export function booleanTrue(): Buffer {
  return element(0x01, Uint8Array.of(0xff));
}

export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes);
}

/** `unused` counts the bits at the end that do not belong to the string. */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return element(0x03, Buffer.concat([Uint8Array.of(unused), bytes]));
}

/** Years before 2050 are written with two digits, as the rules for certificates want it. */
export function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\.\d+|[-:T]/g, '');
  return Number(digits.slice(0, 4)) < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

/** A part whose meaning is told by a number instead of by its type: `[number]`, wrapped around its own type. */
export function explicit(number: number, part: Uint8Array): Buffer {
  return element(0xa0 | number, part);
}

/** The same, in the place of its own type. */
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
