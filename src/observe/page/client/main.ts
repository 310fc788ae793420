import { browser, byId, element, write } from './browser.js';
import { connect, type LinkState } from './connection.js';
import { createKeyedList } from './keyed.js';
import { createActorView } from './view-actor.js';
import { createStreamView } from './view-stream.js';
import { createTreeView } from './view-tree.js';
import { toneOf } from './words.js';
import { createWorld, wordFor, type PageActor } from './world.js';

const world = createWorld();
const actorView = createActorView();
const streamView = createStreamView();
const treeView = createTreeView((actor) => {
  selectedPath = actor.path;
  browser.history.replaceState(null, '', `#${encodeURI(actor.path)}`);
  draw();
});
const summary = createKeyedList<readonly [word: string, count: number]>(
  byId('summary'),
  ([word]) => word,
  ([word]) => element('li', { class: `word ${toneOf(word)}` }),
  (item, [word, count]) => {
    write(item, `${count} ${word}`);
  },
);

/** The path outlives its actor, so that the next one in its place is selected. */
let selectedPath = pathInAddress();
let link: LinkState = { name: 'connecting' };
let isDrawPending = false;

const connection = connect({
  begin: () => {
    world.forget();
  },
  receive(message) {
    world.learn(message);
    drawSoon();
  },
  change(state) {
    link = state;
    drawLink();
    drawSoon();
  },
});

byId('retry').addEventListener('click', () => {
  connection.retry();
});
browser.addEventListener('resize', () => {
  drawSoon();
});
browser.addEventListener('hashchange', () => {
  selectedPath = pathInAddress();
  drawSoon();
});
browser.document.addEventListener('keydown', (event) => {
  const isTyping = ['INPUT', 'TEXTAREA'].includes(event.target.tagName ?? '');
  if (isTyping || event.ctrlKey === true || event.metaKey === true || event.altKey === true) return;
  if (event.key === 'p') streamView.togglePause();
  else if (event.key === 'Escape') actorView.unchoose();
  else if (event.key === '/') {
    event.preventDefault();
    streamView.focusFilter();
  }
});

function drawSoon(): void {
  if (isDrawPending) return;
  isDrawPending = true;
  browser.requestAnimationFrame(() => {
    isDrawPending = false;
    draw();
  });
}

function draw(): void {
  const actors = world.actors();
  const selected = selectedAmong(actors);
  byId('empty').hidden = actors.length > 0 || link.name !== 'live';
  byId('main').hidden = actors.length === 0;
  treeView.show(actors, selected?.session ?? null);
  actorView.show(selected);
  streamView.show(world.happenings(), selected?.path ?? null);
  drawSummary(actors);
}

/** The one that the reader chose; until then, the first plugin, or else the first actor. */
function selectedAmong(actors: readonly PageActor[]): PageActor | null {
  return (
    actors.find(({ path }) => path === selectedPath) ??
    actors.find(({ path }) => selectedPath?.startsWith(`${path}/`) === true && path.includes('/')) ??
    actors.find(({ chart }) => chart?.id === 'plugin') ??
    actors[0] ??
    null
  );
}

function drawSummary(actors: readonly PageActor[]): void {
  const counts = new Map<string, number>();
  for (const actor of actors) {
    if (actor.chart?.id === 'plugin') counts.set(wordFor(actor), (counts.get(wordFor(actor)) ?? 0) + 1);
  }
  const words = [...counts].sort(([one], [other]) => one.localeCompare(other));
  summary.show(words);
  const told = words.map(([word, count]) => `${count} ${word}`).join(', ');
  browser.document.title = told === '' ? 'Espalier' : `${told} — Espalier`;
}

function drawLink(): void {
  const isLost = link.name === 'lost';
  const texts = { connecting: 'connecting', live: 'live', lost: 'disconnected' } as const;
  write(byId('link'), texts[link.name]);
  byId('link').setAttribute('class', link.name === 'live' ? 'good' : isLost ? 'bad' : '');
  byId('lost').hidden = !isLost;
  byId('main').classList.toggle('stale', isLost);
  if (link.name !== 'lost') return;
  const seconds = link.retryInMs / 1000;
  write(byId('lost-text'), `Disconnected: the program has ended, or is busy. Trying again in ${seconds} s.`);
}

function pathInAddress(): string | null {
  const hash = browser.location.hash.slice(1);
  return hash === '' ? null : decodeURI(hash);
}
