import { firstValueFrom, from, map, race, timer } from 'rxjs';

/** What a promise resolves with, or `null` where that takes longer than so many milliseconds. */
export function withTimeout<Value>(ms: number, promise: Promise<Value>): Promise<Value | null> {
  return firstValueFrom(race(from(promise), timer(ms).pipe(map(() => null))));
}
