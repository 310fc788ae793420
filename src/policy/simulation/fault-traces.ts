import type { Fault, FaultTrace } from '../../model/index.js';

/** A trace that repeats faults without end; those with a fixed moment come once. */
export function repeating(...faults: readonly Fault[]): FaultTrace {
  const repeated = faults.filter(({ at }) => at === undefined);
  return {
    *[Symbol.iterator]() {
      yield* faults;
      while (repeated.length > 0) yield* repeated;
    },
  };
}

/** Every process crashes after it was healthy for `ms` milliseconds. */
export function crashesEvery(ms: number): FaultTrace {
  return repeating({ afterHealthyMs: ms });
}

/** No process becomes healthy: each exceeds the start timeout. */
export function neverBecomesHealthy(): FaultTrace {
  return repeating({ startMs: null });
}
