/** A value that JSON can represent. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** The limits and replacements of `serialize`. */
export interface SerializeRules {
  /** How many values the copy may hold; further values are replaced by `…`. */
  readonly maxValues: number;
  /** How many entries of an object or array are copied. */
  readonly maxPerContainer: number;
  /** How deep objects may be nested. */
  readonly maxDepth: number;
  /** How many characters of a string are kept. */
  readonly maxTextLength: number;
  /** The replacement of a function; `undefined` omits it. */
  serializeFunction(fn: (...args: never[]) => unknown): JsonValue | undefined;
  /** The replacement of a secret; `undefined` when the value may be source. */
  redact(key: string, value: unknown): unknown;
}

/**
 * Copies any value as JSON of bounded size. It never throws: a property that throws is `(unreadable)`. `toJSON` is
 * honoured; errors keep their name, code, message and cause.
 */
export function serialize(value: unknown, rules: SerializeRules): JsonValue {
  let remaining = rules.maxValues;

  const copy = (key: string, original: unknown, ancestors: readonly unknown[]): JsonValue | undefined => {
    remaining -= 1;
    if (remaining < 0) return '…';
    try {
      const redacted = rules.redact(key, original);
      return copyValue(redacted === undefined ? original : redacted, ancestors);
    } catch {
      return '(unreadable)';
    }
  };

  const copyValue = (source: unknown, ancestors: readonly unknown[]): JsonValue | undefined => {
    if (typeof source === 'function') return rules.serializeFunction(source as (...args: never[]) => unknown);
    if (typeof source === 'string') return truncate(source, rules.maxTextLength);
    if (typeof source !== 'object' || source === null) return scalar(source);
    if (ancestors.includes(source)) return '(circular)';
    if (ancestors.length >= rules.maxDepth) return '…';
    const described = describeObject(source);
    if (typeof described !== 'object' || described === null) return copyValue(described, ancestors);
    const path = [...ancestors, source];
    return Array.isArray(described) ? copyArray(described, path) : copyObject(described, path);
  };

  const copyArray = (items: readonly unknown[], ancestors: readonly unknown[]): JsonValue => {
    const copies = items.slice(0, rules.maxPerContainer).map((item) => copy('', item, ancestors) ?? null);
    return items.length > rules.maxPerContainer
      ? [...copies, `… ${items.length - rules.maxPerContainer} more`]
      : copies;
  };

  const copyObject = (object: object, ancestors: readonly unknown[]): JsonValue => {
    const copies: Record<string, JsonValue> = {};
    const keys = Object.keys(object);
    for (const key of keys.slice(0, rules.maxPerContainer)) {
      const value = copy(key, read(object, key), ancestors);
      if (value !== undefined) define(copies, key, value);
    }
    if (keys.length > rules.maxPerContainer) copies['…'] = `${keys.length - rules.maxPerContainer} more`;
    return copies;
  };

  return copy('', value, []) ?? null;
}

function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return '(unreadable)';
  }
}

function define(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  // An assignment to `__proto__` would set the prototype instead.
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true });
}

function scalar(value: unknown): JsonValue | undefined {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'boolean' || value === null ? value : undefined;
}

function truncate(text: string, maxLength: number): string {
  return text.length <= maxLength
    ? text
    : `${text.slice(0, maxLength)}… ${text.length - maxLength} more characters`;
}

/** A plain object or text that represents an object. */
function describeObject(object: object): unknown {
  if (describesItself(object)) return object.toJSON();
  if (object instanceof Error) return describeError(object);
  if (object instanceof Map)
    return Object.fromEntries([...object].map(([key, value]) => [String(key), value as unknown]));
  if (object instanceof Set) return [...object];
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return `(${object.byteLength} bytes)`;
  return object;
}

function describesItself(object: object): object is { toJSON(): unknown } {
  return 'toJSON' in object && typeof object.toJSON === 'function';
}

function describeError(error: Error): object {
  const { name, message, cause } = error;
  return { name, code: (error as { readonly code?: unknown }).code, message, cause };
}
