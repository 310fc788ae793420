/**
 * A path of the manifest in its plain form (`./a//b/../c` is `a/c`), or `null` where it is absolute or leaves the
 * bundle. It does not resolve symbolic links: the code that opens the file checks their targets.
 */
export function normalizeBundlePath(path: string, platform: string): string | null {
  if (/^([\\/]|[a-zA-Z]:)/.test(path)) return null;
  const parts: string[] = [];
  // Only Windows reads a backslash as a separator; elsewhere it is a character of a name.
  for (const part of path.split(platform === 'win32' ? /[\\/]/ : '/')) {
    if (part === '..' && parts.pop() === undefined) return null;
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  return parts.length === 0 ? '.' : parts.join('/');
}
