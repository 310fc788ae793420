import type { Chart, ChartState } from '../../chart/chart.js';
import { layOutChart, type Box } from './chart-layout.js';
import { byId, svgElement, textMeasureFor, type PageElement } from './browser.js';
import { stateTones, type StateTone } from '../../../model/index.js';

/** The drawing of a state chart. */
export interface ChartView {
  show(chart: Chart | null, marks: ChartMarks): void;
  /** Highlights the target of a transition under the pointer; `null` for none. */
  readonly highlight: (id: string | null) => void;
}

/** Which states of a chart are marked. */
export interface ChartMarks {
  readonly active: ReadonlySet<string>;
  readonly tone: StateTone;
  /** Where the listed transitions lead. */
  readonly reachable: ReadonlySet<string>;
  readonly selected: string | null;
}

const font = '600 12.5px system-ui, sans-serif';
/** In pixels; keeps the strokes at the border from being cut. */
const margin = 2;

/** Draws the states of a machine as nested boxes, with the active ones in colour. */
export function createChartView(onSelect: (state: ChartState) => void): ChartView {
  const svg = byId('chart');
  const figure = byId('figure');
  const measure = textMeasureFor(font);
  const boxes = new Map<string, PageElement>();
  let shown: Chart | null = null;
  let width = 0;

  const draw = (chart: Chart): void => {
    const drawing = layOutChart(chart, width - 2 * margin, measure);
    boxes.clear();
    svg.setAttribute('width', String(drawing.width + 2 * margin));
    svg.setAttribute('height', String(drawing.height + 2 * margin));
    svg.replaceChildren(
      ...drawing.boxes.map((box) => {
        const drawn = drawBox(box, onSelect);
        boxes.set(box.state.id, drawn);
        return drawn;
      }),
    );
  };

  return {
    show(chart, { active, tone, reachable, selected }) {
      const availableWidth = figure.clientWidth;
      if (chart !== null && (chart !== shown || availableWidth !== width)) {
        width = availableWidth;
        draw(chart);
      }
      shown = chart;
      for (const [id, box] of boxes) {
        box.classList.toggle('active', active.has(id));
        for (const name of stateTones) {
          box.classList.toggle(name, active.has(id) && name === tone);
        }
        box.classList.toggle('reachable', reachable.has(id) && !active.has(id));
        box.classList.toggle('selected', id === selected);
        box.setAttribute('aria-pressed', String(id === selected));
        if (active.has(id)) box.setAttribute('aria-current', 'true');
        else box.removeAttribute('aria-current');
      }
    },
    highlight(id) {
      for (const [other, box] of boxes) box.classList.toggle('highlighted', other === id);
    },
  };
}

function drawBox({ state, x, y, width, height }: Box, onSelect: (state: ChartState) => void): PageElement {
  const isCompound = state.states.length > 0;
  const label = isCompound
    ? svgElement('text', { x: x + margin + 12, y: y + margin + 19 }, state.name)
    : svgElement(
        'text',
        { x: x + margin + width / 2, y: y + margin + 20, 'text-anchor': 'middle' },
        state.name,
      );
  const box = svgElement(
    'g',
    {
      class: `box ${isCompound ? 'compound' : state.type}`,
      tabindex: 0,
      role: 'button',
      'aria-label': state.name,
    },
    svgElement('title', {}, tooltipOf(state)),
    svgElement('rect', { x: x + margin, y: y + margin, width, height, rx: isCompound ? 10 : 8 }),
    label,
  );
  box.addEventListener('click', () => {
    onSelect(state);
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    onSelect(state);
  });
  return box;
}

function tooltipOf({ id, description, invokes }: ChartState): string {
  const running = invokes.length === 0 ? null : `runs ${invokes.join(', ')}`;
  return [id, description, running].filter((line) => line !== null).join('\n');
}
