const redacted = '(redacted)';

/** Environment variables hold secrets as often as not; which ones is not to be guessed. */
const environmentKey = /env(iron(ment)?)?(_?var(iable)?)?s?$/i;
const secretKey = /pass(word|phrase|wd)|secret|token|credential|authorization|api_?key|private_?key/i;

/**
 * What is shown in the place of a value that may be a secret: environment variables keep their names, other
 * secrets nothing. `undefined` when the value may be shown.
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

/** `NAME=value`, as the operating system has it; a name by itself says nothing secret. */
function redactAssignment(item: string): string {
  return item.replace(/=.*$/s, `=${redacted}`);
}
