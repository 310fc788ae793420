const redacted = '(redacted)';

/** Environment variables often hold secrets, so all of their values are redacted. */
const environmentKey = /env(iron(ment)?)?(_?var(iable)?)?s?$/i;
const secretKey = /pass(word|phrase|wd)|secret|token|credential|authorization|api_?key|private_?key/i;

/**
 * The replacement of a value that may be a secret; `undefined` when the value may be shown. Environment variables keep
 * their names.
 */
export function redactSecrets(key: string, value: unknown): unknown {
  if (value === null || value === undefined || typeof value === 'function') return undefined;
  if (environmentKey.test(key)) return redactVariables(value);
  return secretKey.test(key) && typeof value !== 'boolean' ? redacted : undefined;
}

function redactVariables(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' ? redactAssignment(item) : redacted));
  if (!isRecord(value)) return undefined;
  return Object.fromEntries(Object.keys(value).map((name) => [name, redacted]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Redacts the value of `NAME=value`; a name without a value is kept. */
function redactAssignment(item: string): string {
  return item.replace(/=.*$/s, `=${redacted}`);
}
