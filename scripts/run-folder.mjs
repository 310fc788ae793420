// The temporary files of one run: of the tests, or of a script.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What is left of a run is ended and removed by a process of its own: a run that ends by a signal, or while it waits
 * for a program, does nothing any more. Its input ends when the run does, however that comes about. Whoever belongs to
 * the run has the folder in its environment; as long as somebody does, the folder may be made again.
 * What cannot be ended or removed is given up after a minute.
 */
const cleaner = `
trap '' HUP INT QUIT TERM
read -r _
quiet=0 rounds=0
while [ "$quiet" -lt 5 ] && [ "$rounds" -lt 600 ]; do
  quiet=$((quiet + 1)) rounds=$((rounds + 1))
  for file in $(grep -alsF -e "TMPDIR=$1" /proc/[0-9]*/environ); do
    pid=\${file#/proc/} quiet=0
    kill -s KILL "\${pid%/environ}"
  done
  [ ! -e "$1" ] || quiet=0
  rm -rf -- "$1"
  sleep 0.1
done
`;

/** Makes a folder that is removed as soon as this process has ended, by itself or by a signal. */
export function makeRunFolder() {
  // Short, as there will be sockets in it.
  const folder = mkdtempSync(join(tmpdir(), 'esp-'));
  startCleaner(folder);
  return folder;
}

/**
 * The same, for all that is temporary: of this process, and of every one that it starts from now on. These are ended
 * with it.
 */
export function useRunFolder() {
  const folder = makeRunFolder();
  process.env.TMPDIR = folder;
  // Sockets would lie there instead.
  delete process.env.XDG_RUNTIME_DIR;
  return folder;
}

function startCleaner(folder) {
  const child = spawn('/bin/sh', ['-c', cleaner, 'espalier-cleaner', folder], {
    // Neither this run's folder, by which it would end itself, nor that of a run around it, which would end it.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  child.stdin.unref();
}
