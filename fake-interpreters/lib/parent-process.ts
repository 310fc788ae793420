const parentPollMs = 500;

/** Read at the start: a host may be killed as soon as it has read the first line. */
const parent = process.ppid;

/** Keeps an idle program alive as long as its parent process. */
export function runUntilParentExits(): void {
  onParentExit(() => process.exit(0));
  setInterval(() => undefined, 60_000);
}

/** A killed host cannot notify its plugins; they notice that their parent pid has changed. */
export function onParentExit(act: () => void): void {
  setInterval(() => {
    if (process.ppid !== parent) act();
  }, parentPollMs).unref();
}
