const ownGroups = process.platform !== 'win32';

/** Whether children are started in a process group of their own. Windows has none. */
export function startsOwnGroup(): boolean {
  return ownGroups;
}

/**
 * Signals a child of this process and the group that it leads. Returns whether there was a process to signal.
 *
 * Only call it while the process is known to run, or in the same iteration of the event loop in which its exit was
 * reported: the number of a process group may be reused as soon as it has no members.
 */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(ownGroups ? -pid : pid, signal);
  } catch {
    return false;
  }
}
