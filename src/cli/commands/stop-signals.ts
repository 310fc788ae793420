const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `stop` at the first signal that asks for an end, or when the terminal behind stdout is gone. A second
 * signal ends this process at once, and with it whatever is left.
 */
export function onStopSignal(stop: (why: string) => void): { release(): void } {
  let asked = false;
  const ask = (why: string): void => {
    if (asked) process.exit(1);
    asked = true;
    stop(why);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    ask(signal);
  };
  const onGone = (error: NodeJS.ErrnoException): void => {
    if (!asked && ['EPIPE', 'EIO', 'ECONNRESET'].includes(error.code ?? '')) ask('output closed');
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onGone);
  return {
    release() {
      for (const signal of stopSignals) process.off(signal, onSignal);
    },
  };
}
