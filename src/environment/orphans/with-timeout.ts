import { firstValueFrom, from, map, race, timer } from 'rxjs';

/** Resolves like the promise, or with `null` when that takes longer than `ms` milliseconds. */
export function withTimeout<Value>(ms: number, promise: Promise<Value>): Promise<Value | null> {
  return firstValueFrom(race(from(promise), timer(ms).pipe(map(() => null))));
}
