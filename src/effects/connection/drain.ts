import { map, type Observable } from 'rxjs';
import type { DrainEvent } from '../../machines/effects.js';
import type { GenerationChannel } from './dial.js';

/** Waits for the embedder's calls in flight. New ones are refused already, as the plugin is not healthy now. */
export function drain({ channel }: { readonly channel: GenerationChannel }): Observable<DrainEvent> {
  return channel.calls.whenIdle().pipe(map((): DrainEvent => ({ type: 'drain.finished' })));
}
