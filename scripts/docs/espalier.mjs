import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the built command line to its end. A plugin that is not fine is an answer, too. */
export function espalier(...args) {
  return new Promise((resolve, reject) => {
    const command = [join(root, 'dist/esm/cli/main.js'), ...args];
    const child = execFile(process.execPath, command, (error, stdout, stderr) => {
      const { exitCode } = child;
      if (exitCode === 0 || exitCode === 1) resolve({ stdout, exitCode });
      else reject(new Error(`espalier ${args.join(' ')} failed: ${stderr}`, { cause: error }));
    });
  });
}
