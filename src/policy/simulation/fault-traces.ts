import type { Fault, FaultTrace } from '../../model/index.js';

/** The same faults again and again; those with a moment of their own come once. */
export function repeating(...faults: readonly Fault[]): FaultTrace {
  const lasting = faults.filter(({ at }) => at === undefined);
  return {
    *[Symbol.iterator]() {
      yield* faults;
      while (lasting.length > 0) yield* lasting;
    },
  };
}

/** Every process crashes when it has been healthy for so many milliseconds. */
export function crashesEvery(ms: number): FaultTrace {
  return repeating({ afterHealthyMs: ms });
}

/** No process ever comes to the end of its start: each runs into the start limit. */
export function neverBecomesHealthy(): FaultTrace {
  return repeating({ startMs: null });
}
