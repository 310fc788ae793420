/**
 * What an error of the health service means for liveness, by its gRPC status code. `alive`: the plugin has answered, and
 * declines the check for a reason of its own, such as too many calls at once. `missed`: the plugin may not have answered, as these
 * codes are also made where a connection breaks or a deadline passes, or the server itself is broken. UNIMPLEMENTED and
 * NOT_FOUND are answers about the service, and never errors of a probe.
 */
const meaningByCode: ReadonlyMap<number, 'alive' | 'missed'> = new Map([
  [1, 'missed'], // CANCELLED
  [2, 'alive'], // UNKNOWN
  [3, 'alive'], // INVALID_ARGUMENT
  [4, 'missed'], // DEADLINE_EXCEEDED
  [5, 'alive'], // NOT_FOUND
  [6, 'alive'], // ALREADY_EXISTS
  [7, 'alive'], // PERMISSION_DENIED
  [8, 'alive'], // RESOURCE_EXHAUSTED
  [9, 'alive'], // FAILED_PRECONDITION
  [10, 'alive'], // ABORTED
  [11, 'alive'], // OUT_OF_RANGE
  [12, 'alive'], // UNIMPLEMENTED
  [13, 'missed'], // INTERNAL
  [14, 'missed'], // UNAVAILABLE
  [15, 'missed'], // DATA_LOSS
  [16, 'alive'], // UNAUTHENTICATED
]);

/** Whether an error of the health service proves that the plugin lives; `null`: there was no status. */
export function isSignOfLife(grpcCode: number | null): boolean {
  return grpcCode !== null && meaningByCode.get(grpcCode) === 'alive';
}
