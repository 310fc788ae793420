import { execFile } from 'node:child_process';
import { tokenVariable } from '../../go-plugin/index.js';

/** How long a look at all processes may take: one that hangs in the kernel may not let its environment be read. */
const scanDeadlineMs = 2000;

/**
 * The tokens of some scopes that processes carry, `<scope>.<process>` each once. A program of its own looks, as reading
 * what a process is like can hang. Without a `/proc` nothing is found.
 */
export function findProcessTokens(scopes: readonly string[]): Promise<readonly string[]> {
  if (scopes.length === 0) return Promise.resolve([]);
  const pattern = `${tokenVariable}=(${scopes.join('|')})[.][0-9]+`;
  const script = 'grep -ahosE -e "$1" /proc/[0-9]*/environ';
  return new Promise((resolve) => {
    execFile(
      '/bin/sh',
      ['-c', script, 'espalier-look', pattern],
      {
        timeout: scanDeadlineMs,
        killSignal: 'SIGKILL',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
      },
      // It fails for finding nothing, and for processes that end while it looks.
      (_, stdout) => {
        const tokens = stdout.split('\n').filter((line) => line !== '');
        resolve([...new Set(tokens.map((line) => line.slice(tokenVariable.length + 1)))]);
      },
    );
  });
}
