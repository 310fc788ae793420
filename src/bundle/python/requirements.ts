/** What a requirements file asks for. */
export interface Requirements {
  /** Further requirement and constraint files, relative to this one. */
  readonly files: readonly string[];
  /** Folders and archives on this machine, relative to the directory in which the installer runs. */
  readonly locals: readonly string[];
  /** Whether there is anything to install. */
  readonly empty: boolean;
}

/** Reads pip's format as far as it decides whether something has changed. */
export function readRequirements(text: string): Requirements {
  const lines = text
    .replace(/\\\r?\n/g, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
  const files = lines.flatMap((line) =>
    argumentOf(line, /^(?:-r|--requirement|-c|--constraint)(?:\s*=\s*|\s+|(?=[^-=\s]))(.+)$/),
  );
  const locals = lines.flatMap((line) => localPath(line));
  const options = lines.filter(
    (line) => /^-/.test(line) && !/^(-e|--editable|-r|--requirement)\b/.test(line),
  );
  return { files, locals, empty: options.length === lines.length };
}

function argumentOf(line: string, pattern: RegExp): string[] {
  const found = pattern.exec(line)?.[1]?.trim();
  return found === undefined ? [] : [found.replace(/^(["'])(.*)\1$/, '$2')];
}

function localPath(line: string): string[] {
  const [editable] = argumentOf(line, /^(?:-e|--editable)(?:\s*=\s*|\s+)(.+)$/);
  if (editable === undefined && line.startsWith('-')) return [];
  const wanted = (editable ?? line).replace(/\s;.*$/, '').trim();
  const url = /(?:^|@\s*)file:(.+)$/.exec(wanted)?.[1];
  if (url !== undefined)
    return [withoutExtras(decodePath(url.replace(/[#?].*$/, '').replace(/^\/\/(?:localhost)?/, '')))];
  const path = withoutExtras(wanted);
  return /^\.{1,2}$|[\\/]|\.(?:whl|zip|tar\.gz|tar\.bz2|tgz)$/.test(path) && !/:\/\/|\s@\s|^git\+/.test(path)
    ? [path]
    : [];
}

function withoutExtras(path: string): string {
  return path.replace(/\[[\w\s,.-]*\]$/, '').trim();
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
