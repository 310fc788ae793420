import { browser, byId, element, setText } from './browser.js';
import { connect, type ConnectionState } from './connection.js';
import { createKeyedList } from './keyed-list.js';
import { createActorView } from './view-actor.js';
import { createEventsView } from './view-events.js';
import { createTreeView } from './view-tree.js';
import { toneOf } from './state-labels.js';
import { createPageState, stateLabel, type PageActor } from './page-state.js';

const pageState = createPageState();
const actorView = createActorView();
const eventsView = createEventsView();
const treeView = createTreeView((actor) => {
  selectedPath = actor.path;
  browser.history.replaceState(null, '', `#${encodeURI(actor.path)}`);
  draw();
});
const summary = createKeyedList<readonly [state: string, count: number]>(
  byId('summary'),
  ([state]) => state,
  ([state]) => element('li', { class: `state-label ${toneOf(state)}` }),
  (item, [state, count]) => {
    setText(item, `${count} ${state}`);
  },
);

/** A path, not a session id: an actor that is spawned again under the same path stays selected. */
let selectedPath = pathFromLocation();
let connectionState: ConnectionState = { name: 'connecting' };
let isDrawPending = false;

const connection = connect({
  begin: () => {
    pageState.clear();
  },
  receive(message) {
    pageState.apply(message);
    drawSoon();
  },
  change(state) {
    connectionState = state;
    drawConnection();
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
  selectedPath = pathFromLocation();
  drawSoon();
});
browser.document.addEventListener('keydown', (event) => {
  const isTyping = ['INPUT', 'TEXTAREA'].includes(event.target.tagName ?? '');
  if (isTyping || event.ctrlKey === true || event.metaKey === true || event.altKey === true) return;
  if (event.key === 'p') eventsView.togglePause();
  else if (event.key === 'Escape') actorView.clearSelection();
  else if (event.key === '/') {
    event.preventDefault();
    eventsView.focusFilter();
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
  const actors = pageState.actors();
  const selected = selectedActor(actors);
  byId('empty').hidden = actors.length > 0 || connectionState.name !== 'live';
  byId('main').hidden = actors.length === 0;
  treeView.show(actors, selected?.sessionId ?? null);
  actorView.show(selected);
  eventsView.show(pageState.events(), selected?.path ?? null);
  drawSummary(actors);
}

/** The actor that the user selected, or its nearest ancestor; by default the first plugin, else the first actor. */
function selectedActor(actors: readonly PageActor[]): PageActor | null {
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
    if (actor.chart?.id === 'plugin') counts.set(stateLabel(actor), (counts.get(stateLabel(actor)) ?? 0) + 1);
  }
  const labels = [...counts].sort(([one], [other]) => one.localeCompare(other));
  summary.show(labels);
  const summaryText = labels.map(([state, count]) => `${count} ${state}`).join(', ');
  browser.document.title = summaryText === '' ? 'Espalier' : `${summaryText} — Espalier`;
}

function drawConnection(): void {
  const isLost = connectionState.name === 'lost';
  const texts = { connecting: 'connecting', live: 'live', lost: 'disconnected' } as const;
  setText(byId('connection'), texts[connectionState.name]);
  byId('connection').setAttribute('class', connectionState.name === 'live' ? 'good' : isLost ? 'bad' : '');
  byId('disconnected').hidden = !isLost;
  byId('main').classList.toggle('stale', isLost);
  if (connectionState.name !== 'lost') return;
  const seconds = connectionState.retryInMs / 1000;
  setText(
    byId('disconnected-text'),
    `Disconnected: the program has exited or does not respond. Retrying in ${seconds} s.`,
  );
}

function pathFromLocation(): string | null {
  const hash = browser.location.hash.slice(1);
  return hash === '' ? null : decodeURI(hash);
}
