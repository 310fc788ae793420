import type { PageActor } from './page-state.js';

/** One line of the actor tree. */
export interface TreeLine {
  readonly actor: PageActor;
  readonly depth: number;
  readonly isOpen: boolean;
  readonly hasChildren: boolean;
}

/** Actors with more siblings than this are collapsed by default, except at the root. */
const maxOpenSiblings = 6;

/** The visible lines. `toggled` holds the paths that the user has expanded or collapsed. */
export function treeLines(actors: readonly PageActor[], toggled: ReadonlySet<string>): readonly TreeLine[] {
  const children = new Map<string | null, PageActor[]>();
  const known = new Set(actors.map(({ sessionId }) => sessionId));
  for (const actor of actors) {
    const parent =
      actor.parentSessionId !== null && known.has(actor.parentSessionId) ? actor.parentSessionId : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [actor]);
    else siblings.push(actor);
  }
  const linesOf = (parent: string | null, depth: number): TreeLine[] => {
    const siblings = children.get(parent) ?? [];
    return siblings.flatMap((actor) => {
      const hasChildren = children.has(actor.sessionId);
      const isOpenByDefault = depth === 0 || siblings.length <= maxOpenSiblings;
      const isOpen = hasChildren && isOpenByDefault !== toggled.has(actor.path);
      return [{ actor, depth, isOpen, hasChildren }, ...(isOpen ? linesOf(actor.sessionId, depth + 1) : [])];
    });
  };
  return linesOf(null, 0);
}
