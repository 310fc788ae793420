import { eventLabel } from '../../chart/labels.js';
import type { EventEntry } from './page-state.js';

/** Which events the list shows. */
export interface EventFilter {
  /** Words separated by spaces; all must occur in the actor's path, the event or the states. */
  readonly text: string;
  /** Only events of this actor and its descendants; `null` for all actors. */
  readonly path: string | null;
}

/** Whether an event passes the filter. Upper and lower case are the same. */
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
