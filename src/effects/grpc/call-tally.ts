import { Subject, filter, startWith, take, type Observable } from 'rxjs';

/** Counts the calls in flight on one connection, so that it can be drained. */
export interface CallTally {
  begin(): void;
  end(): void;
  /** Tells once when no call is in flight. */
  whenIdle(): Observable<void>;
}

export function createCallTally(): CallTally {
  let inFlight = 0;
  const ends = new Subject<void>();
  return {
    begin() {
      inFlight += 1;
    },
    end() {
      inFlight -= 1;
      ends.next();
    },
    whenIdle: () =>
      ends.pipe(
        startWith(undefined),
        filter(() => inFlight === 0),
        take(1),
      ),
  };
}
