import { createPluginMachine } from '../../../src/machines/index.js';
import { chartOf } from '../../../src/observe/index.js';
import { layOutChart, type Box } from '../../../src/observe/page/client/chart-layout.js';
import { createEffectSimulator } from '../../../src/testing/index.js';

const chart = chartOf(createPluginMachine(createEffectSimulator({ now: () => 0 }).effects));
const measure = (text: string): number => text.length * 7;

describe.each([300, 560, 1200])('a chart laid out %d pixels wide', (width) => {
  const drawing = layOutChart(chart, width, measure);
  const boxOf = (id: string): Box => drawing.boxes.find(({ state }) => state.id === id) as Box;

  it('has one box per state, within the drawing', () => {
    expect(drawing.boxes.map(({ state }) => state.id)).toHaveLength(
      new Set(drawing.boxes.map(({ state }) => state.id)).size,
    );
    for (const { x, y, width: wide, height } of drawing.boxes) {
      expect([x >= 0, y >= 0, x + wide <= drawing.width, y + height <= drawing.height]).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });

  it('has child states inside their parent, without overlaps', () => {
    for (const { state } of drawing.boxes) {
      const inner = state.states.map(({ id }) => boxOf(id));
      for (const box of inner) expect(contains(boxOf(state.id), box)).toBe(true);
      for (const one of inner)
        for (const other of inner) if (one !== other) expect(overlap(one, other)).toBe(false);
    }
  });

  it('is in the order of definition, from left to right and from top to bottom', () => {
    const order = chart.states.map(({ id }) => boxOf(id)).map(({ x, y }) => y * 10_000 + x);
    expect(order).toEqual([...order].sort((one, other) => one - other));
  });
});

function contains(outer: Box, inner: Box): boolean {
  const isWithinWidth = inner.x > outer.x && inner.x + inner.width < outer.x + outer.width;
  return isWithinWidth && inner.y > outer.y && inner.y + inner.height < outer.y + outer.height;
}

function overlap(one: Box, other: Box): boolean {
  const apart = one.x + one.width <= other.x || other.x + other.width <= one.x;
  return !apart && !(one.y + one.height <= other.y || other.y + other.height <= one.y);
}
