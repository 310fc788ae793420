import { map, type Observable } from 'rxjs';
import type { DrainFact } from '../machines/plugin.effects.js';
import type { GenerationChannel } from './dial.js';

/** Waits for the embedder's calls in flight. New ones are refused already, as the plugin is not healthy now. */
export function drain({ channel }: { readonly channel: GenerationChannel }): Observable<DrainFact> {
  return channel.calls.whenIdle().pipe(map((): DrainFact => ({ type: 'drain.finished' })));
}
