import { eventInWords } from '../../chart-words.js';
import type { Happening } from './world.js';

export interface StreamFilter {
  /** Words that must all occur in the actor's path, the event or the states. */
  readonly text: string;
  /** Only what happens to this actor and to those below it. */
  readonly path: string | null;
}

export function passes(happening: Happening, { text, path }: StreamFilter): boolean {
  if (path !== null && happening.path !== path && !happening.path.startsWith(`${path}/`)) return false;
  const { event, change } = happening;
  const said =
    `${happening.path} ${event.type} ${eventInWords(event.type)} ${change?.from ?? ''} ${change?.to ?? ''}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word));
}
