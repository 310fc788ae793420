import { Subject, filter, startWith, take, type Observable } from 'rxjs';

/** Counts the calls in flight on one connection, so that it can be drained. */
export interface CallCounter {
  begin(): void;
  end(): void;
  /** The plugin has sent something on one of them. */
  answer(): void;
  /** How often it has. */
  answers(): number;
  /** How many calls are in flight. */
  inFlight(): number;
  /** Tells once when no call is in flight. */
  whenIdle(): Observable<void>;
}

/** A counter with no call in flight. */
export function createCallCounter(): CallCounter {
  let inFlight = 0;
  let answers = 0;
  const ends = new Subject<void>();
  return {
    begin() {
      inFlight += 1;
    },
    end() {
      inFlight -= 1;
      if (inFlight === 0) ends.next();
    },
    answer() {
      answers += 1;
    },
    answers: () => answers,
    inFlight: () => inFlight,
    whenIdle: () =>
      ends.pipe(
        startWith(undefined),
        filter(() => inFlight === 0),
        take(1),
      ),
  };
}
