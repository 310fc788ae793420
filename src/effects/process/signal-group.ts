const ownGroups = process.platform !== 'win32';

/** Whether children are started in a process group of their own. Windows has none. */
export function startsOwnGroup(): boolean {
  return ownGroups;
}

/**
 * Signals a process that we started and all that it has forked into its group. Returns whether anything was
 * left to signal.
 *
 * Only call it while the process is known to run, or in the same turn in which its exit was told: a process
 * group keeps its number from being given away only for as long as it has members.
 */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(ownGroups ? -pid : pid, signal);
  } catch {
    return false;
  }
}
