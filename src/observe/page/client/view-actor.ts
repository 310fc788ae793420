import type { Chart, ChartState, ChartTransition } from '../../chart/chart.js';
import { byId, element, setText, type PageElement } from './browser.js';
import { pluginDetails, errorDetails } from './plugin-details.js';
import { createKeyedList } from './keyed-list.js';
import { activeStates, shortId, transitionsFrom } from './transitions.js';
import { createChartView } from './view-chart.js';
import { statePath, toneOf } from './state-labels.js';
import { stateLabel, type PageActor } from './page-state.js';

/** The pane of the selected actor. */
export interface ActorView {
  show(actor: PageActor | null): void;
  /** Shows the transitions of the active states instead of those of a selected state. */
  clearSelection(): void;
}

/** Shows state, details, error, chart, possible transitions and context of one actor. */
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
  let selectedState: ChartState | null = null;

  const selectState = (state: ChartState | null): void => {
    selectedState = state?.id === selectedState?.id ? null : state;
    draw();
  };
  const chartView = createChartView(selectState);
  const showDetails = createDetailList();
  const showError = createErrorBox();
  const next = createTransitionList(chartView.highlight);

  const draw = (): void => {
    const actor = shown;
    parts.pane.hidden = actor === null;
    if (actor === null) return;
    const { chart, snapshot } = actor;
    const label = stateLabel(actor);
    setText(parts.name, actor.name);
    setText(parts.state, chart === null ? snapshot.status : statePath(snapshot.value) || snapshot.status);
    parts.state.setAttribute('class', `state-label ${toneOf(label)}`);
    const active = chart === null ? [] : activeStates(chart, snapshot.value);
    setText(parts.about, active.at(-1)?.description ?? chart?.description ?? '');
    const details = pluginDetails(actor);
    showDetails(details?.fields ?? []);
    showError(details?.error ?? errorDetails(snapshot.error));
    drawChart(chart, active, label);
    drawContext(actor);
  };

  const drawChart = (chart: Chart | null, active: readonly ChartState[], label: string): void => {
    const from = selectedState === null ? active : [selectedState];
    const listed =
      chart === null
        ? []
        : transitionsFrom(chart, from).filter(
            ({ from: id }) => selectedState === null || id === selectedState.id,
          );
    parts.machine.hidden = chart === null;
    chartView.show(chart, {
      active: new Set(active.map(({ id }) => id)),
      tone: toneOf(label),
      reachable: new Set(listed.flatMap(({ to }) => (to === null ? [] : [to]))),
      selected: selectedState?.id ?? null,
    });
    setText(
      parts.nextTitle,
      selectedState === null ? 'What can happen next' : `From ${selectedState.path.join('.')}`,
    );
    if (chart !== null) next(chart, listed);
  };

  const drawContext = ({ snapshot }: PageActor): void => {
    const { context, input, output, error } = snapshot;
    const data = context ?? { input, output, error };
    parts.context.hidden = Object.values(data).every((value) => value === undefined);
    if (parts.context.open) setText(parts.contextText, JSON.stringify(data, null, 2));
  };
  parts.context.addEventListener('toggle', draw);

  return {
    show(actor) {
      if (actor?.sessionId !== shown?.sessionId) selectedState = null;
      shown = actor;
      draw();
    },
    clearSelection() {
      selectState(null);
    },
  };
}

type DetailField = readonly [name: string, value: string];

function createDetailList(): (fields: readonly DetailField[]) => void {
  const parent = byId('details');
  const list = createKeyedList<DetailField>(
    parent,
    ([name]) => name,
    ([name]) => element('div', {}, element('dt', {}, name), element('dd')),
    (entry, [, value]) => {
      setText(entry.children[1] as PageElement, value);
    },
  );
  return (fields) => {
    parent.hidden = fields.length === 0;
    list.show(fields);
  };
}

function createErrorBox(): (error: ReturnType<typeof errorDetails>) => void {
  const [box, code, message, hint] = ['error', 'error-code', 'error-message', 'error-hint'].map(byId) as [
    PageElement,
    PageElement,
    PageElement,
    PageElement,
  ];
  return (error) => {
    box.hidden = error === null;
    setText(code, error?.code ?? '');
    setText(message, error?.message ?? '');
    setText(hint, error?.hint ?? '');
  };
}

function createTransitionList(
  highlight: (id: string | null) => void,
): (chart: Chart, transitions: readonly ChartTransition[]) => void {
  const parent = byId('next');
  let shown = '';
  return (chart, transitions) => {
    const key = JSON.stringify(transitions);
    if (key === shown) return;
    shown = key;
    highlight(null);
    parent.replaceChildren(
      ...transitions.map((transition) => createTransitionItem(chart, transition, highlight)),
    );
  };
}

function createTransitionItem(
  chart: Chart,
  { event, guard, to, actions }: ChartTransition,
  highlight: (id: string | null) => void,
): PageElement {
  const item = element(
    'li',
    {},
    element('p', {}, event, ...(guard === null ? [] : [element('span', { class: 'guard' }, ` [${guard}]`)])),
    element(
      'p',
      {},
      element('span', { class: 'target' }, to === null ? 'stays' : `→ ${shortId(chart, to)}`),
      ...(actions.length === 0 ? [] : [element('span', { class: 'actions' }, ` / ${actions.join(', ')}`)]),
    ),
  );
  item.addEventListener('mouseenter', () => {
    highlight(to);
  });
  item.addEventListener('mouseleave', () => {
    highlight(null);
  });
  return item;
}
