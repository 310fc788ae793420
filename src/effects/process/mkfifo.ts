import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Makes named pipes for the host's user alone. Node has no call for it; every POSIX system has the program. */
export async function makeFifos(...paths: readonly string[]): Promise<void> {
  await promisify(execFile)('mkfifo', ['-m', '600', ...paths], { timeout: 5000 });
}
