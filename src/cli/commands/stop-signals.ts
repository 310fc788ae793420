import { isOutputClosed } from '../output/closed-pipe.js';

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP, or when stdout is closed. A second signal exits this process with
 * code 1 at once, which kills the plugins.
 */
export function onStopSignal(stop: (reason: string) => void): { release(): void } {
  let isStopping = false;
  const requestStop = (reason: string): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    stop(reason);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    requestStop(signal);
  };
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (!isStopping && isOutputClosed(error)) requestStop('output closed');
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onOutputError);
  return {
    release() {
      for (const signal of stopSignals) process.off(signal, onSignal);
    },
  };
}
