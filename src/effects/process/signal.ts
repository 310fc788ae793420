import { Observable } from 'rxjs';
import type { RunningProcess } from './local-process.js';

/** Signals the plugin's whole process group, once. */
export function signal(input: {
  readonly process: RunningProcess;
  readonly signal: NodeJS.Signals;
}): Observable<never> {
  return new Observable((subscriber) => {
    input.process.signal(input.signal);
    subscriber.complete();
  });
}
