import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { makeFifos } from '../process/mkfifo.js';

/** Makes the pipe that a host has open for as long as it lives, in whatever container. Answers what lets go of it. */
export async function createLivenessFile(pulse: string): Promise<() => void> {
  try {
    await rm(pulse, { force: true });
    await makeFifos(pulse);
    const descriptor = openSync(pulse, constants.O_RDONLY | constants.O_NONBLOCK);
    return () => {
      closeSync(descriptor);
    };
  } catch {
    return () => undefined;
  }
}

/** Whether the host lives whose pulse this is, or may live. */
export function mayBeAlive(pulse: string): boolean {
  try {
    closeSync(openSync(pulse, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    // ENXIO: a pipe that nobody reads. Without a pipe nothing is known, and a host may live.
    return (error as NodeJS.ErrnoException).code !== 'ENXIO';
  }
}
