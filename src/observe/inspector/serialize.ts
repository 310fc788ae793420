export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** How a value is copied for showing. */
export interface SerializeRules {
  /** How many values the whole copy may hold; the rest is left out. */
  readonly maxValues: number;
  /** How many of them one object or array may hold. */
  readonly maxPerContainer: number;
  readonly maxDepth: number;
  /** How much of a text is kept, in characters. */
  readonly maxTextLength: number;
  /** What stands for a function; `undefined` leaves it out. */
  serializeFunction(shown: (...args: never[]) => unknown): JsonValue | undefined;
  /** What stands for a value that must not be shown; `undefined` when it may. */
  redact(key: string, value: unknown): unknown;
}

/**
 * A copy of any value that JSON can hold, of bounded size, made without ever throwing. Values say themselves what
 * they are by `toJSON`; errors keep their code and message.
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

  const copyValue = (visible: unknown, ancestors: readonly unknown[]): JsonValue | undefined => {
    if (typeof visible === 'function')
      return rules.serializeFunction(visible as (...args: never[]) => unknown);
    if (typeof visible === 'string') return truncate(visible, rules.maxTextLength);
    if (typeof visible !== 'object' || visible === null) return scalar(visible);
    if (ancestors.includes(visible)) return '(circular)';
    if (ancestors.length >= rules.maxDepth) return '…';
    const described = describeObject(visible);
    if (typeof described !== 'object' || described === null) return copyValue(described, ancestors);
    const within = [...ancestors, visible];
    return Array.isArray(described) ? copyArray(described, within) : copyObject(described, within);
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

function truncate(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… ${text.length - most} more characters`;
}

/** An object as the simpler one, or the text, that stands for it. */
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
