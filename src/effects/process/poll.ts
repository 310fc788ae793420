import { of, type Observable } from 'rxjs';
import type { PollEvent } from '../../machines/effects.js';
import type { AttachedProcess } from './attach-process.js';

/** Looks once whether an attached process still runs. */
export function pollProcess({ process }: { readonly process: AttachedProcess }): Observable<PollEvent> {
  return of({ type: process.isRunning() ? 'process.alive' : 'process.gone' });
}
