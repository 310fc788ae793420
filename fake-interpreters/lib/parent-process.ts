const parentPollMs = 500;

/** Read first of all: a host may be killed as soon as it has read the first line. */
const parent = process.ppid;

/** Keeps a program alive that has nothing to do, for as long as the process that started it. */
export function runUntilParentExits(): void {
  onParentExit(() => process.exit(0));
  setInterval(() => undefined, 60_000);
}

/** A host that is killed cannot tell its plugins; they notice by being adopted. */
export function onParentExit(act: () => void): void {
  setInterval(() => {
    if (process.ppid !== parent) act();
  }, parentPollMs).unref();
}
