import { isOutputClosed } from '../output/closed-pipe.js';

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C may arrive twice: npm forwards the SIGINT that the terminal has sent to its whole process group. A person
 * takes longer to press it again. In milliseconds.
 */
const sameKeypressMs = 500;

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP, or when stdout is closed. A second signal exits this process with
 * code 1 at once, which kills the plugins; the same one within 500 ms of the first is no second one.
 */
export function onStopSignal(stop: (reason: string) => void): { release(): void } {
  let first: { readonly reason: string; readonly at: number } | null = null;
  const requestStop = (reason: string): void => {
    const at = performance.now();
    if (first === null) {
      first = { reason, at };
      stop(reason);
    } else if (reason !== first.reason || at - first.at > sameKeypressMs) process.exit(1);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    requestStop(signal);
  };
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (first === null && isOutputClosed(error)) requestStop('output closed');
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onOutputError);
  return {
    release() {
      for (const signal of stopSignals) process.off(signal, onSignal);
    },
  };
}
