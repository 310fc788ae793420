import { outlivesHostVariable } from '../go-plugin/launch-environment.js';

/** Read first of all: a host may die while its plugin starts. */
const host = process.ppid;

const pollMs = 1000;

/** Ctrl-C in a terminal reaches the whole process group; the host ends its plugins in order. */
export function ignoreInterrupts(): void {
  process.on('SIGINT', () => undefined);
}

/** The second SIGTERM ends the process at once, should the stop hang. */
export function stopOnSigterm(stop: () => void): void {
  process.once('SIGTERM', stop);
}

/**
 * Stops when the host is gone: after a SIGKILL the host sends no signal. If the plugin has not ended `timeoutMs` later,
 * the process exits. A host whose plugins are to outlive it says so in the environment.
 */
export function stopWithHost(stop: () => void, timeoutMs: number): void {
  if (process.env[outlivesHostVariable] === '1') return;
  const watch = setInterval(() => {
    if (process.ppid === host) return;
    clearInterval(watch);
    stop();
    endWithin(timeoutMs, 1);
  }, pollMs).unref();
}

/** Ends the process unless it ends by itself before. Without a code, it is the program's own `process.exitCode`. */
export function endWithin(timeoutMs: number, code?: number): void {
  setTimeout(() => process.exit(code ?? process.exitCode), timeoutMs).unref();
}
