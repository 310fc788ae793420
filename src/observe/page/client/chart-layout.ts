import type { Chart, ChartState } from '../../chart/chart.js';

/** A state as a rectangle. */
export interface Box {
  readonly state: ChartState;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

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
 * Draws a chart as boxes within boxes, in life order: simple states side by side for as long as there is room,
 * states with states in them on a line of their own.
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
      const wide = leafWidth(state, measure);
      if (x > left && x + wide > left + width) nextLine();
      boxes.push({ state, x, y, width: wide, height: leafHeight });
      x += wide + gap;
      bottom = y + leafHeight;
    } else {
      nextLine();
      const within = placeStates(
        state.states,
        left + padding,
        y + headingHeight,
        width - 2 * padding,
        measure,
      );
      const height = headingHeight + within.height + padding;
      boxes.push({ state, x: left, y, width, height }, ...within.boxes);
      bottom = y + height;
      nextLine();
    }
  }
  return { boxes, height: bottom - top };
}

function leafWidth({ name }: ChartState, measure: (text: string) => number): number {
  return Math.ceil(measure(name)) + 2 * leafPadding;
}

/** How wide the drawing must be at least. */
function widestLeaf(states: readonly ChartState[], measure: (text: string) => number): number {
  return Math.max(
    0,
    ...states.map((state) =>
      state.states.length === 0 ? leafWidth(state, measure) : widestLeaf(state.states, measure) + 2 * padding,
    ),
  );
}
