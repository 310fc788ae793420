import { eventLabel } from '../../chart/labels.js';
import type { EventEntry } from './page-state.js';

export interface EventFilter {
  /** Words that must all occur in the actor's path, the event or the states. */
  readonly text: string;
  /** Only what happens to this actor and to those below it. */
  readonly path: string | null;
}

export function matchesFilter(entry: EventEntry, { text, path }: EventFilter): boolean {
  if (path !== null && entry.path !== path && !entry.path.startsWith(`${path}/`)) return false;
  const { event, change } = entry;
  const searchText =
    `${entry.path} ${event.type} ${eventLabel(event.type)} ${change?.from ?? ''} ${change?.to ?? ''}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searchText.includes(word));
}
