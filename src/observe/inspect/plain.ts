export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** How a value is copied for showing. */
export interface PlainRules {
  /** How many values the whole copy may hold; the rest is left out. */
  readonly most: number;
  /** How many of them one object or array may hold. */
  readonly mostEach: number;
  readonly deepest: number;
  /** How much of a text is kept, in characters. */
  readonly longestText: number;
  /** What stands for a function; `undefined` leaves it out. */
  showFunction(shown: (...args: never[]) => unknown): Plain | undefined;
  /** What stands for a value that must not be shown; `undefined` when it may. */
  hide(key: string, value: unknown): unknown;
}

/**
 * A copy of any value that JSON can hold, of bounded size, made without ever throwing. Values say themselves what
 * they are by `toJSON`; errors keep their code and message.
 */
export function plain(value: unknown, rules: PlainRules): Plain {
  let left = rules.most;

  const copy = (key: string, original: unknown, ancestors: readonly unknown[]): Plain | undefined => {
    left -= 1;
    if (left < 0) return '…';
    try {
      const hidden = rules.hide(key, original);
      return copyShown(hidden === undefined ? original : hidden, ancestors);
    } catch {
      return '(unreadable)';
    }
  };

  const copyShown = (shown: unknown, ancestors: readonly unknown[]): Plain | undefined => {
    if (typeof shown === 'function') return rules.showFunction(shown as (...args: never[]) => unknown);
    if (typeof shown === 'string') return shortened(shown, rules.longestText);
    if (typeof shown !== 'object' || shown === null) return scalar(shown);
    if (ancestors.includes(shown)) return '(circular)';
    if (ancestors.length >= rules.deepest) return '…';
    const described = describe(shown);
    if (typeof described !== 'object' || described === null) return copyShown(described, ancestors);
    const within = [...ancestors, shown];
    return Array.isArray(described) ? copyArray(described, within) : copyObject(described, within);
  };

  const copyArray = (items: readonly unknown[], ancestors: readonly unknown[]): Plain => {
    const copies = items.slice(0, rules.mostEach).map((item) => copy('', item, ancestors) ?? null);
    return items.length > rules.mostEach ? [...copies, `… ${items.length - rules.mostEach} more`] : copies;
  };

  const copyObject = (object: object, ancestors: readonly unknown[]): Plain => {
    const copies: Record<string, Plain> = {};
    const keys = Object.keys(object);
    for (const key of keys.slice(0, rules.mostEach)) {
      const value = copy(key, read(object, key), ancestors);
      if (value !== undefined) define(copies, key, value);
    }
    if (keys.length > rules.mostEach) copies['…'] = `${keys.length - rules.mostEach} more`;
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

function define(object: Record<string, Plain>, key: string, value: Plain): void {
  // An assignment to `__proto__` would set the prototype instead.
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true });
}

function scalar(value: unknown): Plain | undefined {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  return typeof value === 'boolean' || value === null ? value : undefined;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… ${text.length - most} more characters`;
}

/** An object as the simpler one, or the text, that stands for it. */
function describe(object: object): unknown {
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
