import { byId, element, write, type PageElement } from './browser.js';
import { createKeyedList } from './keyed.js';
import { pluginFacts, type PluginFacts } from './facts.js';
import { treeLines, type TreeLine } from './tree.js';
import { toneOf } from './words.js';
import { wordFor, type PageActor } from './world.js';

export interface TreeView {
  show(actors: readonly PageActor[], selected: string | null): void;
}

/** The tree of living actors, to be walked with the arrow keys. */
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
    ({ actor }) => actor.session,
    ({ actor: { session } }) => createLine(() => lineOf(session), toggle, select),
    (line, item) => {
      updateLine(line, item, item.actor.session === shown.selected);
    },
  );

  const lineOf = (session: string): TreeLine | undefined =>
    lines.find(({ actor }) => actor.session === session);

  const draw = (): void => {
    lines = treeLines(shown.actors, toggled);
    list.show(lines);
  };

  parent.addEventListener('keydown', (event) => {
    const index = lines.findIndex(({ actor }) => actor.session === shown.selected);
    const line = lines[index];
    if (line === undefined) return;
    const goal = goalOf(event.key ?? '', lines, index);
    if (goal === null) return;
    event.preventDefault();
    if (goal === 'toggle') toggle(line.actor.path);
    else {
      select(goal.actor);
      const reached = list.elementOf(goal.actor.session);
      reached?.focus();
      reached?.scrollIntoView({ block: 'nearest' });
    }
  });

  return {
    show(actors, selected) {
      shown = { actors, selected };
      draw();
    },
  };
}

/** Where a key leads from a line; `null` for a key without a meaning here. */
function goalOf(key: string, lines: readonly TreeLine[], index: number): TreeLine | 'toggle' | null {
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
      return lines.find(({ actor }) => actor.session === line.actor.parent) ?? null;
    default:
      return null;
  }
}

function createLine(
  current: () => TreeLine | undefined,
  toggle: (path: string) => void,
  select: (actor: PageActor) => void,
): PageElement {
  const twist = element('span', { class: 'twist', 'aria-hidden': 'true' });
  const made = element(
    'div',
    { role: 'treeitem' },
    twist,
    element('span', { class: 'name' }),
    element('span', {}),
    element('span', { class: 'more' }),
  );
  made.addEventListener('click', () => {
    const line = current();
    if (line !== undefined) select(line.actor);
  });
  twist.addEventListener('click', () => {
    const line = current();
    if (line?.hasChildren === true) toggle(line.actor.path);
  });
  return made;
}

function updateLine(
  line: PageElement,
  { actor, depth, isOpen, hasChildren }: TreeLine,
  isSelected: boolean,
): void {
  const [twist, name, word, more] = Array.from(line.children) as [
    PageElement,
    PageElement,
    PageElement,
    PageElement,
  ];
  const facts = pluginFacts(actor);
  const isMachine = actor.chart !== null;
  line.setAttribute('class', isMachine ? 'line' : 'line plain');
  line.style.setProperty('--depth', String(depth));
  line.setAttribute('aria-level', String(depth + 1));
  line.setAttribute('aria-selected', String(isSelected));
  line.setAttribute('tabindex', isSelected ? '0' : '-1');
  if (hasChildren) line.setAttribute('aria-expanded', String(isOpen));
  else line.removeAttribute('aria-expanded');
  write(twist, hasChildren ? (isOpen ? '▼' : '▶') : '');
  write(name, actor.name);
  write(word, isMachine ? wordFor(actor) : '');
  word.setAttribute('class', isMachine ? `word ${toneOf(wordFor(actor))}` : '');
  write(more, facts === null ? '' : processText(facts));
  more.setAttribute('title', facts === null ? '' : 'generation · process id');
}

function processText({ generation, pid }: PluginFacts): string {
  return pid === null ? `gen ${generation}` : `gen ${generation} · ${pid}`;
}
