/**
 * An integer as Go's `strconv.Atoi` parses it: `+1` and `01` are integers, ` 1` and `1_0` are not. `null` for anything
 * else, and for integers that JavaScript cannot represent exactly.
 */
export function parseGoInteger(text: string): number | null {
  if (!/^[+-]?[0-9]+$/.test(text)) return null;
  const value = Number(text);
  // "-0" would otherwise become -0, which prints as 0 but is not the same value.
  return Number.isSafeInteger(value) ? value + 0 : null;
}

const goTrue: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const goFalse: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** A boolean as Go's `strconv.ParseBool` parses it, or `null`. */
export function parseGoBoolean(text: string): boolean | null {
  if (goTrue.has(text)) return true;
  return goFalse.has(text) ? false : null;
}

/**
 * The bytes of unpadded standard base64, or `null`. Node's decoder skips characters outside the alphabet, so the alphabet
 * and the length are checked first.
 */
export function decodeRawBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]+$/.test(text) || text.length % 4 === 1) return null;
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
