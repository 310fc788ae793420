import type { Chart, ChartState } from '../../chart/chart.js';

/** The rectangle of one state, in pixels. */
export interface Box {
  readonly state: ChartState;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangles of a chart, in pixels. */
export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  /** Every state, parents before their children. */
  readonly boxes: readonly Box[];
}

const leafHeight = 30;
const leafPadding = 13;
const headingHeight = 28;
const padding = 12;
const gap = 8;

/**
 * Lays out a chart as nested boxes, in the order of definition: atomic states side by side, wrapped at `width`;
 * each compound state on a line of its own.
 */
export function layOutChart(chart: Chart, width: number, measure: (text: string) => number): ChartLayout {
  const inner = Math.max(width, widestLeaf(chart.states, measure));
  const { boxes, height } = placeStates(chart.states, 0, 0, inner, measure);
  return { width: inner, height, boxes };
}

interface PlacedStates {
  readonly boxes: readonly Box[];
  readonly height: number;
}

function placeStates(
  states: readonly ChartState[],
  left: number,
  top: number,
  width: number,
  measure: (text: string) => number,
): PlacedStates {
  const boxes: Box[] = [];
  let x = left;
  let y = top;
  let bottom = top;
  const nextLine = (): void => {
    x = left;
    y = bottom === top ? top : bottom + gap;
  };
  for (const state of states) {
    if (state.states.length === 0) {
      const boxWidth = leafWidth(state, measure);
      if (x > left && x + boxWidth > left + width) nextLine();
      boxes.push({ state, x, y, width: boxWidth, height: leafHeight });
      x += boxWidth + gap;
      bottom = y + leafHeight;
    } else {
      nextLine();
      const nested = placeStates(
        state.states,
        left + padding,
        y + headingHeight,
        width - 2 * padding,
        measure,
      );
      const height = headingHeight + nested.height + padding;
      boxes.push({ state, x: left, y, width, height }, ...nested.boxes);
      bottom = y + height;
      nextLine();
    }
  }
  return { boxes, height: bottom - top };
}

function leafWidth({ name }: ChartState, measure: (text: string) => number): number {
  return Math.ceil(measure(name)) + 2 * leafPadding;
}

/** The smallest width that fits every atomic state with the paddings around it. */
function widestLeaf(states: readonly ChartState[], measure: (text: string) => number): number {
  return Math.max(
    0,
    ...states.map((state) =>
      state.states.length === 0 ? leafWidth(state, measure) : widestLeaf(state.states, measure) + 2 * padding,
    ),
  );
}
