import { existsSync, readFileSync } from 'node:fs';
import type { Place } from '../bundle/support.js';

/** Stand-ins for Python and uv: shell scripts that note down each call, and make what a venv needs to be one. */
export interface FakeTools {
  /** Only these are on PATH. */
  readonly env: { readonly PATH: string };
  /** The calls since the last question, one line each; versions asked for are left out. */
  readonly calls: () => string[];
  /** A Python of this version on PATH. `install` is what its pip does, in sh. */
  readonly python: (name: string, version: string, install?: string) => string;
  readonly uv: () => string;
}

export function fakeTools({ path, write }: Place): FakeTools {
  const log = (): string => path('calls.log');
  let read = 0;
  const pythonScript = (version: string, install: string): string => `#!/bin/sh
PATH=/usr/bin:/bin
[ "$1" = --version ] && { echo "Python ${version}"; exit 0; }
echo "python $*" >> ${log()}
for last; do :; done
case "$*" in
  "-m venv"*) mkdir -p "$last/bin" && cp "$0" "$last/bin/python" && echo fake > "$last/pyvenv.cfg" ;;
  "-m pip install"*) ${install} ;;
  *) exit 64 ;;
esac
`;
  return {
    env: {
      get PATH() {
        return path('bin');
      },
    },
    calls() {
      const lines = existsSync(log()) ? readFileSync(log(), 'utf8').split('\n').filter(Boolean) : [];
      const fresh = lines.slice(read);
      read = lines.length;
      return fresh;
    },
    python(name, version, install = 'echo "Successfully installed things-1.0"') {
      read = 0;
      return write(`bin/${name}`, pythonScript(version, install), 0o755);
    },
    uv: () =>
      write(
        'bin/uv',
        `#!/bin/sh
PATH=/usr/bin:/bin
echo "uv $*" >> ${log()}
for last; do :; done
case "$1" in
  venv) mkdir -p "$last/bin" && cp "$3" "$last/bin/python" && echo fake > "$last/pyvenv.cfg" ;;
  pip) echo "Installed 1 package in 2ms" >&2 ;;
esac
`,
        0o755,
      ),
  };
}
