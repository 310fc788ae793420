import { intersects, satisfies, validRange } from 'semver';

/** The release in what `python --version` prints (`Python 3.13.0rc1` is `3.13.0`), or `null`. */
export function parsePythonVersion(output: string): string | null {
  const found = /^Python (\d+)\.(\d+)(?:\.(\d+))?/m.exec(output);
  if (found === null) return null;
  const [, major, minor, patch = '0'] = found;
  return `${major ?? ''}.${minor ?? ''}.${patch}`;
}

/**
 * A manifest's `python_version` as a semver range, or `null` when it is not understood.
 * `3.11` means any 3.11; Python's own signs (`~=3.10`, `>=3.10,<3.13`, `==3.11.*`) and npm's (`^3.10`) are read.
 */
export function pythonRange(constraint: string): string | null {
  const clauses = constraint
    .replace(/([<>=!~^]+)\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((clause) => clause !== '')
    .map(rangeOfClause);
  return clauses.length === 0 || clauses.includes(null) ? null : clauses.join(' ');
}

/**
 * Whether a Python release satisfies a manifest's `python_version`. No constraint allows every release; one that cannot
 * be parsed allows none.
 */
export function satisfiesPython(version: string, constraint: string | undefined): boolean {
  if (constraint === undefined) return true;
  const refused = refusedVersions(constraint);
  const range = pythonRange(constraint);
  return range !== null && satisfies(version, range) && !refused.some((one) => satisfies(version, one));
}

/** The names under which a fitting interpreter may be on PATH, the likeliest first. */
export function pythonNames(constraint: string | undefined): string[] {
  const range = constraint === undefined ? null : pythonRange(constraint);
  if (range === null) return ['python3', 'python'];
  const minors = newestMinors
    .filter((minor) => intersects(range, `~3.${minor}.0`))
    .map((minor) => `python3.${minor}`);
  // The default interpreter comes first where several would do, as it is the one that wheels are made for.
  return minors.length === 1 ? [...minors, 'python3', 'python'] : ['python3', 'python', ...minors];
}

const newestMinors = Array.from({ length: 20 }, (_, index) => 25 - index);

function rangeOfClause(clause: string): string | null {
  const found = /^(~=|===?|!=|>=|<=|>|<|\^|~|)v?(\d+(?:\.\d+){0,2})(\.\*)?$/.exec(clause);
  if (found === null) return null;
  const [, sign = '', version = ''] = found;
  // What is refused is subtracted by satisfiesPython, as semver's ranges have no "not".
  if (sign === '!=') return '*';
  const range = sign === '~=' ? compatibleRange(version) : `${sign.replace(/^=+$/, '')}${version}`;
  return validRange(range) === null ? null : range;
}

/** Python's "compatible release": the last number given may grow, the ones before it may not. */
function compatibleRange(version: string): string {
  return version.split('.').length === 3 ? `~${version}` : `^${version}`;
}

function refusedVersions(constraint: string): string[] {
  return [...constraint.matchAll(/!=\s*v?(\d+(?:\.\d+){0,2})/g)].map(([, version]) => version ?? '');
}
