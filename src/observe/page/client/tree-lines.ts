import type { PageActor } from './page-state.js';

/** One line of the tree of actors. */
export interface TreeLine {
  readonly actor: PageActor;
  readonly depth: number;
  readonly isOpen: boolean;
  readonly hasChildren: boolean;
}

/** With more siblings than this, actors begin closed below the first level. */
const maxOpenSiblings = 6;

/** The lines to show. `toggled` holds the paths that the reader has opened or closed against the default. */
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
      const isOpenAtFirst = depth === 0 || siblings.length <= maxOpenSiblings;
      const isOpen = hasChildren && isOpenAtFirst !== toggled.has(actor.path);
      return [{ actor, depth, isOpen, hasChildren }, ...(isOpen ? linesOf(actor.sessionId, depth + 1) : [])];
    });
  };
  return linesOf(null, 0);
}
