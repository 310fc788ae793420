import type { Chart, ChartState } from '../../chart.js';
import { layOut, type Box } from './boxes.js';
import { byId, drawn, measureWith, type PageElement } from './browser.js';
import type { Tone } from './words.js';

export interface ChartView {
  show(chart: Chart | null, marks: ChartMarks): void;
  /** Points at a state while something that leads to it is looked at. */
  readonly point: (id: string | null) => void;
}

export interface ChartMarks {
  readonly active: ReadonlySet<string>;
  readonly tone: Tone;
  /** Where the listed transitions lead. */
  readonly reachable: ReadonlySet<string>;
  readonly chosen: string | null;
}

const font = '600 12.5px system-ui, sans-serif';
/** So that strokes at the border are not cut. */
const margin = 2;

/** A machine's states as boxes in boxes, the active ones in colour. */
export function createChartView(choose: (state: ChartState) => void): ChartView {
  const svg = byId('chart');
  const figure = byId('figure');
  const measure = measureWith(font);
  const boxes = new Map<string, PageElement>();
  let shown: Chart | null = null;
  let width = 0;

  const draw = (chart: Chart): void => {
    const drawing = layOut(chart, width - 2 * margin, measure);
    boxes.clear();
    svg.setAttribute('width', String(drawing.width + 2 * margin));
    svg.setAttribute('height', String(drawing.height + 2 * margin));
    svg.replaceChildren(
      ...drawing.boxes.map((box) => {
        const made = drawBox(box, choose);
        boxes.set(box.state.id, made);
        return made;
      }),
    );
  };

  return {
    show(chart, { active, tone, reachable, chosen }) {
      const room = figure.clientWidth;
      if (chart !== null && (chart !== shown || room !== width)) {
        width = room;
        draw(chart);
      }
      shown = chart;
      for (const [id, box] of boxes) {
        box.classList.toggle('active', active.has(id));
        for (const name of ['good', 'busy', 'leaving', 'bad', 'rest']) {
          box.classList.toggle(name, active.has(id) && name === tone);
        }
        box.classList.toggle('reach', reachable.has(id) && !active.has(id));
        box.classList.toggle('chosen', id === chosen);
        box.setAttribute('aria-pressed', String(id === chosen));
        if (active.has(id)) box.setAttribute('aria-current', 'true');
        else box.removeAttribute('aria-current');
      }
    },
    point(id) {
      for (const [other, box] of boxes) box.classList.toggle('pointed', other === id);
    },
  };
}

function drawBox({ state, x, y, width, height }: Box, choose: (state: ChartState) => void): PageElement {
  const isCompound = state.states.length > 0;
  const label = isCompound
    ? drawn('text', { x: x + margin + 12, y: y + margin + 19 }, state.name)
    : drawn('text', { x: x + margin + width / 2, y: y + margin + 20, 'text-anchor': 'middle' }, state.name);
  const box = drawn(
    'g',
    {
      class: `box ${isCompound ? 'compound' : state.type}`,
      tabindex: 0,
      role: 'button',
      'aria-label': state.name,
    },
    drawn('title', {}, tooltipOf(state)),
    drawn('rect', { x: x + margin, y: y + margin, width, height, rx: isCompound ? 10 : 8 }),
    label,
  );
  box.addEventListener('click', () => {
    choose(state);
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose(state);
  });
  return box;
}

function tooltipOf({ id, description, invokes }: ChartState): string {
  const running = invokes.length === 0 ? null : `runs ${invokes.join(', ')}`;
  return [id, description, running].filter((line) => line !== null).join('\n');
}
