import { eventLabel } from '../../chart/labels.js';
import { byId, element, setText, type PageElement } from './browser.js';
import { matchesFilter } from './event-filter.js';
import { createKeyedList } from './keyed-list.js';
import { timeOfDay, toneOf, shortActorPath } from './state-labels.js';
import type { EventEntry } from './page-state.js';

/** The list of events. */
export interface EventsView {
  /** `path`: the path of the selected actor. */
  show(entries: readonly EventEntry[], path: string | null): void;
  togglePause(): void;
  focusFilter(): void;
}

/** More lines make drawing slow. */
const maxLines = 300;

/** Shows the events, newest last. It follows the newest one unless the user has scrolled up. */
export function createEventsView(): EventsView {
  const parent = byId('events');
  const filter = byId('filter');
  const only = byId('only');
  const pause = byId('pause');
  const emptyMessage = byId('events-empty');
  const count = byId('events-count');
  let all: readonly EventEntry[] = [];
  let path: string | null = null;
  /** The newest entry when the list was paused; `null` while it is not paused. */
  let pausedAtNumber: number | null = null;

  const list = createKeyedList<EventEntry>(
    parent,
    ({ sequence }) => String(sequence),
    createEventItem,
    updateEventItem,
  );

  const draw = (): void => {
    const isAtEnd = parent.scrollHeight - parent.scrollTop - parent.clientHeight < 40;
    const until = pausedAtNumber;
    const visible = until === null ? all : all.filter(({ sequence }) => sequence <= until);
    const wanted = { text: filter.value.trim(), path: only.checked ? path : null };
    const matching = visible.filter((entry) => matchesFilter(entry, wanted));
    list.show(matching.slice(-maxLines));
    if (isAtEnd) parent.scrollTop = parent.scrollHeight;
    setText(emptyMessage, matching.length > 0 ? '' : emptyText(visible.length));
    setText(count, countText(matching.length, visible.length, all.length - visible.length));
  };

  const togglePause = (): void => {
    pausedAtNumber = pausedAtNumber === null ? (all.at(-1)?.sequence ?? 0) : null;
    setText(pause, pausedAtNumber === null ? 'Pause' : 'Resume');
    pause.setAttribute('aria-pressed', String(pausedAtNumber !== null));
    draw();
  };

  pause.addEventListener('click', togglePause);
  filter.addEventListener('input', draw);
  only.addEventListener('change', draw);
  filter.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    filter.value = '';
    filter.blur();
    draw();
  });

  return {
    show(entries, selected) {
      all = entries;
      path = selected;
      draw();
    },
    togglePause,
    focusFilter() {
      filter.focus();
    },
  };
}

function emptyText(visible: number): string {
  return visible === 0 ? 'No events yet.' : 'No event matches the filter.';
}

function countText(matching: number, visible: number, sincePause: number): string {
  const shown = matching === visible ? '' : `${matching} of ${visible}`;
  const pausedText = sincePause === 0 ? '' : `${sincePause} since the pause`;
  return [shown, pausedText].filter((text) => text !== '').join(' · ');
}

function createEventItem(entry: EventEntry): PageElement {
  const { at, path, event, source } = entry;
  const item = element(
    'details',
    { class: event.type in lifecycleEvents ? 'event lifecycle' : 'event' },
    element(
      'summary',
      {},
      element('span', { class: 'event-time' }, timeOfDay(at)),
      element('span', { class: 'event-actor', title: path }, shortActorPath(path)),
      element(
        'span',
        { class: 'event-type', title: source === null ? event.type : `${event.type} from ${source}` },
        eventText(event.type),
      ),
      element('span', {}),
    ),
  );
  item.addEventListener('toggle', () => {
    if (item.children.length === 1) item.append(element('pre', {}, payloadText(entry)));
  });
  return item;
}

function updateEventItem(item: PageElement, { change }: EventEntry): void {
  const shown = item.firstElementChild?.children[3];
  if (shown === undefined || change === null) return;
  setText(shown, `${change.from} → ${change.to}`);
  shown.setAttribute('class', `state-change ${toneOf(change.to)}`);
}

function payloadText({ event, source }: EventEntry): string {
  return `${JSON.stringify(event, null, 2)}${source === null ? '' : `\nfrom ${source}`}`;
}

/** XState's own events of an actor's lifecycle. */
const lifecycleEvents: Readonly<Record<string, string>> = {
  'xstate.init': 'started',
  'xstate.observable.complete': 'completed',
  'xstate.stop': 'stopped',
};

function eventText(type: string): string {
  return lifecycleEvents[type] ?? eventLabel(type);
}
