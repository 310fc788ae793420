import { of, type Observable } from 'rxjs';
import type { LookFact } from '../machines/plugin.effects.js';
import type { AttachedProcess } from './attach.js';

/** Looks once whether an attached process still runs. */
export function look({ process }: { readonly process: AttachedProcess }): Observable<LookFact> {
  return of({ type: process.isThere() ? 'process.seen' : 'process.vanished' });
}
