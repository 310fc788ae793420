import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { makeFifos } from '../process/mkfifo.js';

/**
 * Makes the named pipe that a host keeps open while it runs: hosts in other containers can check it. Returns what
 * closes it.
 */
export async function createLivenessFile(path: string): Promise<() => void> {
  try {
    await rm(path, { force: true });
    await makeFifos(path);
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return () => {
      closeSync(descriptor);
    };
  } catch {
    return () => undefined;
  }
}

/** Whether the host that made a liveness file runs, or may run. */
export function mayBeAlive(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    // ENXIO: the pipe has no reader, so the host has ended. After any other error the host may still run.
    return (error as NodeJS.ErrnoException).code !== 'ENXIO';
  }
}
