import { byId, element, setText, type PageElement } from './browser.js';
import { createKeyedList } from './keyed-list.js';
import { pluginDetails, type PluginDetails } from './plugin-details.js';
import { treeLines, type TreeLine } from './tree-lines.js';
import { toneOf } from './state-labels.js';
import { stateLabel, type PageActor } from './page-state.js';

/** The tree of actors. */
export interface TreeView {
  show(actors: readonly PageActor[], selected: string | null): void;
}

/** Shows the running actors as a tree with keyboard navigation (ARIA tree view pattern). */
export function createTreeView(select: (actor: PageActor) => void): TreeView {
  const parent = byId('tree');
  const toggled = new Set<string>();
  let shown: { actors: readonly PageActor[]; selected: string | null } = { actors: [], selected: null };
  let lines: readonly TreeLine[] = [];

  const toggle = (path: string): void => {
    if (!toggled.delete(path)) toggled.add(path);
    draw();
  };

  const list = createKeyedList<TreeLine>(
    parent,
    ({ actor }) => actor.sessionId,
    ({ actor: { sessionId } }) => createLine(() => lineOf(sessionId), toggle, select),
    (line, item) => {
      updateLine(line, item, item.actor.sessionId === shown.selected);
    },
  );

  const lineOf = (sessionId: string): TreeLine | undefined =>
    lines.find(({ actor }) => actor.sessionId === sessionId);

  const draw = (): void => {
    lines = treeLines(shown.actors, toggled);
    list.show(lines);
  };

  parent.addEventListener('keydown', (event) => {
    const index = lines.findIndex(({ actor }) => actor.sessionId === shown.selected);
    const line = lines[index];
    if (line === undefined) return;
    const target = targetOf(event.key ?? '', lines, index);
    if (target === null) return;
    event.preventDefault();
    if (target === 'toggle') toggle(line.actor.path);
    else {
      select(target.actor);
      const element = list.elementOf(target.actor.sessionId);
      element?.focus();
      element?.scrollIntoView({ block: 'nearest' });
    }
  });

  return {
    show(actors, selected) {
      shown = { actors, selected };
      draw();
    },
  };
}

/** The line that a key moves to; `null` for a key that does nothing. */
function targetOf(key: string, lines: readonly TreeLine[], index: number): TreeLine | 'toggle' | null {
  const line = lines[index];
  if (line === undefined) return null;
  switch (key) {
    case 'ArrowDown':
      return lines[index + 1] ?? null;
    case 'ArrowUp':
      return lines[index - 1] ?? null;
    case 'Home':
      return lines[0] ?? null;
    case 'End':
      return lines.at(-1) ?? null;
    case 'ArrowRight':
      if (!line.hasChildren) return null;
      return line.isOpen ? (lines[index + 1] ?? null) : 'toggle';
    case 'ArrowLeft':
      if (line.isOpen) return 'toggle';
      return lines.find(({ actor }) => actor.sessionId === line.actor.parentSessionId) ?? null;
    default:
      return null;
  }
}

function createLine(
  current: () => TreeLine | undefined,
  toggle: (path: string) => void,
  select: (actor: PageActor) => void,
): PageElement {
  const disclosure = element('span', { class: 'disclosure', 'aria-hidden': 'true' });
  const row = element(
    'div',
    { role: 'treeitem' },
    disclosure,
    element('span', { class: 'name' }),
    element('span', {}),
    element('span', { class: 'more' }),
  );
  row.addEventListener('click', () => {
    const line = current();
    if (line !== undefined) select(line.actor);
  });
  disclosure.addEventListener('click', () => {
    const line = current();
    if (line?.hasChildren === true) toggle(line.actor.path);
  });
  return row;
}

function updateLine(
  line: PageElement,
  { actor, depth, isOpen, hasChildren }: TreeLine,
  isSelected: boolean,
): void {
  const [disclosure, name, label, more] = Array.from(line.children) as [
    PageElement,
    PageElement,
    PageElement,
    PageElement,
  ];
  const details = pluginDetails(actor);
  const isMachine = actor.chart !== null;
  line.setAttribute('class', isMachine ? 'line' : 'line plain');
  line.style.setProperty('--depth', String(depth));
  line.setAttribute('aria-level', String(depth + 1));
  line.setAttribute('aria-selected', String(isSelected));
  line.setAttribute('tabindex', isSelected ? '0' : '-1');
  if (hasChildren) line.setAttribute('aria-expanded', String(isOpen));
  else line.removeAttribute('aria-expanded');
  setText(disclosure, hasChildren ? (isOpen ? '▼' : '▶') : '');
  setText(name, actor.name);
  setText(label, isMachine ? stateLabel(actor) : '');
  label.setAttribute('class', isMachine ? `state-label ${toneOf(stateLabel(actor))}` : '');
  setText(more, details === null ? '' : processText(details));
  more.setAttribute('title', details === null ? '' : 'generation · process id');
}

function processText({ generation, pid }: PluginDetails): string {
  return pid === null ? `gen ${generation}` : `gen ${generation} · ${pid}`;
}
