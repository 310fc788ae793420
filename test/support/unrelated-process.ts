import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterTest } from './environment.js';

/** Starts a process that is no plugin; returns its pid. It ends after the test. */
export async function startUnrelatedProcess(): Promise<number> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore', detached: true });
  afterTest(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await once(child, 'spawn');
  return child.pid as number;
}
