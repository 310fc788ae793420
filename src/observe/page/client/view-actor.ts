import type { Chart, ChartState, ChartTransition } from '../../chart.js';
import { byId, element, write, type PageElement } from './browser.js';
import { pluginFacts, troubleOf } from './facts.js';
import { createKeyedList } from './keyed.js';
import { activeStates, shortId, transitionsFrom } from './next.js';
import { createChartView } from './view-chart.js';
import { stateText, toneOf } from './words.js';
import { wordFor, type PageActor } from './world.js';

export interface ActorView {
  show(actor: PageActor | null): void;
  /** Goes back from a state that was chosen to those that are active. */
  unchoose(): void;
}

/** Everything about the selected actor: where it is, what can happen next, what it knows. */
export function createActorView(): ActorView {
  const parts = {
    pane: byId('actor'),
    name: byId('actor-name'),
    state: byId('actor-state'),
    about: byId('actor-about'),
    machine: byId('machine'),
    nextTitle: byId('next-title'),
    context: byId('context'),
    contextText: byId('context-text'),
  };
  let shown: PageActor | null = null;
  let chosen: ChartState | null = null;

  const choose = (state: ChartState | null): void => {
    chosen = state?.id === chosen?.id ? null : state;
    draw();
  };
  const chartView = createChartView(choose);
  const facts = createFactList();
  const trouble = createTrouble();
  const next = createNextList(chartView.point);

  const draw = (): void => {
    const actor = shown;
    parts.pane.hidden = actor === null;
    if (actor === null) return;
    const { chart, snapshot } = actor;
    const word = wordFor(actor);
    write(parts.name, actor.name);
    write(parts.state, chart === null ? snapshot.status : stateText(snapshot.value) || snapshot.status);
    parts.state.setAttribute('class', `word ${toneOf(word)}`);
    const active = chart === null ? [] : activeStates(chart, snapshot.value);
    write(parts.about, active.at(-1)?.description ?? chart?.description ?? '');
    const known = pluginFacts(actor);
    facts(known?.list ?? []);
    trouble(known?.trouble ?? troubleOf(snapshot.error));
    drawChart(chart, active, word);
    drawContext(actor);
  };

  const drawChart = (chart: Chart | null, active: readonly ChartState[], word: string): void => {
    const from = chosen === null ? active : [chosen];
    const listed =
      chart === null
        ? []
        : transitionsFrom(chart, from).filter(({ from: id }) => chosen === null || id === chosen.id);
    parts.machine.hidden = chart === null;
    chartView.show(chart, {
      active: new Set(active.map(({ id }) => id)),
      tone: toneOf(word),
      reachable: new Set(listed.flatMap(({ to }) => (to === null ? [] : [to]))),
      chosen: chosen?.id ?? null,
    });
    write(parts.nextTitle, chosen === null ? 'What can happen next' : `From ${chosen.path.join('.')}`);
    if (chart !== null) next(chart, listed);
  };

  const drawContext = ({ snapshot }: PageActor): void => {
    const { context, input, output, error } = snapshot;
    const data = context ?? { input, output, error };
    parts.context.hidden = Object.values(data).every((value) => value === undefined);
    if (parts.context.open) write(parts.contextText, JSON.stringify(data, null, 2));
  };
  parts.context.addEventListener('toggle', draw);

  return {
    show(actor) {
      if (actor?.session !== shown?.session) chosen = null;
      shown = actor;
      draw();
    },
    unchoose() {
      choose(null);
    },
  };
}

type Fact = readonly [name: string, value: string];

function createFactList(): (facts: readonly Fact[]) => void {
  const parent = byId('facts');
  const list = createKeyedList<Fact>(
    parent,
    ([name]) => name,
    ([name]) => element('div', {}, element('dt', {}, name), element('dd')),
    (entry, [, value]) => {
      write(entry.children[1] as PageElement, value);
    },
  );
  return (facts) => {
    parent.hidden = facts.length === 0;
    list.show(facts);
  };
}

function createTrouble(): (trouble: ReturnType<typeof troubleOf>) => void {
  const [box, code, message, hint] = ['trouble', 'trouble-code', 'trouble-message', 'trouble-hint'].map(
    byId,
  ) as [PageElement, PageElement, PageElement, PageElement];
  return (trouble) => {
    box.hidden = trouble === null;
    write(code, trouble?.code ?? '');
    write(message, trouble?.message ?? '');
    write(hint, trouble?.hint ?? '');
  };
}

function createNextList(
  point: (id: string | null) => void,
): (chart: Chart, transitions: readonly ChartTransition[]) => void {
  const parent = byId('next');
  let shown = '';
  return (chart, transitions) => {
    const key = JSON.stringify(transitions);
    if (key === shown) return;
    shown = key;
    point(null);
    parent.replaceChildren(...transitions.map((transition) => createNext(chart, transition, point)));
  };
}

function createNext(
  chart: Chart,
  { event, guard, to, actions }: ChartTransition,
  point: (id: string | null) => void,
): PageElement {
  const made = element(
    'li',
    {},
    element('p', {}, event, ...(guard === null ? [] : [element('span', { class: 'guard' }, ` [${guard}]`)])),
    element(
      'p',
      {},
      element('span', { class: 'goal' }, to === null ? 'stays' : `→ ${shortId(chart, to)}`),
      ...(actions.length === 0 ? [] : [element('span', { class: 'acts' }, ` / ${actions.join(', ')}`)]),
    ),
  );
  made.addEventListener('mouseenter', () => {
    point(to);
  });
  made.addEventListener('mouseleave', () => {
    point(null);
  });
  return made;
}
