import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Makes named pipes that only the user of the host may open. Runs `mkfifo`, as Node has no call for it. Rejects where it
 * fails or takes more than 5 s.
 */
export async function makeFifos(...paths: readonly string[]): Promise<void> {
  await promisify(execFile)('mkfifo', ['-m', '600', ...paths], { timeout: 5000 });
}
