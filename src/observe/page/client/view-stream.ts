import { eventInWords } from '../../chart-words.js';
import { byId, element, write, type PageElement } from './browser.js';
import { passes } from './filter.js';
import { createKeyedList } from './keyed.js';
import { timeOfDay, toneOf, whoIs } from './words.js';
import type { Happening } from './world.js';

export interface StreamView {
  /** `path` is the selected actor's. */
  show(happenings: readonly Happening[], path: string | null): void;
  togglePause(): void;
  focusFilter(): void;
}

/** More lines than this would be more than anybody reads, and slow. */
const mostLines = 300;

/** What happens, newest last; it stays at the end unless the reader scrolls up. */
export function createStreamView(): StreamView {
  const parent = byId('happenings');
  const filter = byId('filter');
  const only = byId('only');
  const pause = byId('pause');
  const silence = byId('silence');
  const count = byId('stream-count');
  let all: readonly Happening[] = [];
  let path: string | null = null;
  /** What was the newest when the reader asked for a pause. */
  let pausedAt: number | null = null;

  const list = createKeyedList<Happening>(
    parent,
    ({ number }) => String(number),
    createHappening,
    updateHappening,
  );

  const draw = (): void => {
    const isAtEnd = parent.scrollHeight - parent.scrollTop - parent.clientHeight < 40;
    const until = pausedAt;
    const told = until === null ? all : all.filter(({ number }) => number <= until);
    const wanted = { text: filter.value.trim(), path: only.checked ? path : null };
    const passing = told.filter((happening) => passes(happening, wanted));
    list.show(passing.slice(-mostLines));
    if (isAtEnd) parent.scrollTop = parent.scrollHeight;
    write(silence, passing.length > 0 ? '' : silenceText(told.length));
    write(count, countText(passing.length, told.length, all.length - told.length));
  };

  const togglePause = (): void => {
    pausedAt = pausedAt === null ? (all.at(-1)?.number ?? 0) : null;
    write(pause, pausedAt === null ? 'Pause' : 'Resume');
    pause.setAttribute('aria-pressed', String(pausedAt !== null));
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
    show(happenings, selected) {
      all = happenings;
      path = selected;
      draw();
    },
    togglePause,
    focusFilter() {
      filter.focus();
    },
  };
}

function silenceText(told: number): string {
  return told === 0 ? 'Nothing has happened yet.' : 'Nothing that happened passes the filter.';
}

function countText(passing: number, told: number, held: number): string {
  const shown = passing === told ? '' : `${passing} of ${told}`;
  const waiting = held === 0 ? '' : `${held} since the pause`;
  return [shown, waiting].filter((text) => text !== '').join(' · ');
}

function createHappening(happening: Happening): PageElement {
  const { at, path, event, source } = happening;
  const made = element(
    'details',
    { class: event.type in ownEvents ? 'happening own' : 'happening' },
    element(
      'summary',
      {},
      element('span', { class: 'at' }, timeOfDay(at)),
      element('span', { class: 'who', title: path }, whoIs(path)),
      element(
        'span',
        { class: 'what', title: source === null ? event.type : `${event.type} from ${source}` },
        inWords(event.type),
      ),
      element('span', {}),
    ),
  );
  made.addEventListener('toggle', () => {
    if (made.children.length === 1) made.append(element('pre', {}, payload(happening)));
  });
  return made;
}

function updateHappening(made: PageElement, { change }: Happening): void {
  const shown = made.firstElementChild?.children[3];
  if (shown === undefined || change === null) return;
  write(shown, `${change.from} → ${change.to}`);
  shown.setAttribute('class', `change ${toneOf(change.to)}`);
}

function payload({ event, source }: Happening): string {
  return `${JSON.stringify(event, null, 2)}${source === null ? '' : `\nfrom ${source}`}`;
}

/** What XState does with every actor. */
const ownEvents: Readonly<Record<string, string>> = {
  'xstate.init': 'starts',
  'xstate.observable.complete': 'has ended',
  'xstate.stop': 'is stopped',
};

function inWords(type: string): string {
  return ownEvents[type] ?? eventInWords(type);
}
