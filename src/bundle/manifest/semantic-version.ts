import { parse, type SemVer } from 'semver';

/** A version with one, two or three numbers, a leading `v` or not; `null` when it is none. */
export function parseSemanticVersion(text: string): SemVer | null {
  const found = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+].*)?$/.exec(text.trim());
  if (found === null) return null;
  const [, major, minor = '0', patch = '0', rest = ''] = found;
  return parse(`${major ?? ''}.${minor}.${patch}${rest}`);
}
