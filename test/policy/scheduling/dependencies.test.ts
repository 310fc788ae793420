import fc from 'fast-check';
import { dependentsOf, stoppable, startable, planStarts, type Progress } from '../../../src/policy/index.js';

const dependents = (graph: Readonly<Record<string, string>>) =>
  Object.entries(graph).map(([id, requires]) => ({ id, requires: requires.split('').filter(Boolean) }));

describe('the order of starts', () => {
  it.each<[Readonly<Record<string, string>>, string]>([
    [{ a: '', b: '', c: '' }, 'abc'],
    [{ a: 'b', b: 'c', c: '' }, 'cba'],
    [{ a: 'cb', b: 'd', c: 'd', d: '' }, 'dcba'],
    [{ c: '', a: 'c', b: '' }, 'cab'],
    // A plugin that cannot start does not change the order.
    [{ a: 'cx', b: '', c: '' }, 'bc'],
  ])('of %j is %s', (graph, order) => {
    expect(planStarts(dependents(graph)).order.join('')).toBe(order);
  });

  it('has what each plugin needs, directly or indirectly, and what needs it', () => {
    const plan = planStarts(dependents({ a: 'b', b: 'cd', c: '', d: 'c', e: '' }));
    expect(plan.needs.get('a')).toEqual(['c', 'd', 'b']);
    expect(dependentsOf(plan, 'c')).toEqual(['d', 'b', 'a']);
    expect(dependentsOf(plan, 'e')).toEqual([]);
  });

  it('names what is missing, each circle from each of its members, and who depends on them', () => {
    const plan = planStarts(dependents({ a: 'x', b: 'c', c: 'd', d: 'b', e: 'b', f: 'e', g: '', h: 'h' }));
    expect(plan.order).toEqual(['g']);
    expect(Object.fromEntries(plan.unmet)).toEqual({
      a: { kind: 'missing', missing: 'x' },
      b: { kind: 'cycle', cycle: ['b', 'c', 'd', 'b'] },
      c: { kind: 'cycle', cycle: ['c', 'd', 'b', 'c'] },
      d: { kind: 'cycle', cycle: ['d', 'b', 'c', 'd'] },
      e: { kind: 'unmet', requirement: 'b' },
      f: { kind: 'unmet', requirement: 'e' },
      h: { kind: 'cycle', cycle: ['h', 'h'] },
    });
  });

  it('puts each after what it requires, loses none and starts none that cannot be, whatever the graph', () => {
    const node = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const graphs = fc.dictionary(node, fc.array(node, { maxLength: 3 }), { maxKeys: 8 });
    fc.assert(
      fc.property(graphs, (graph) => {
        const all = Object.entries(graph).map(([id, requires]) => ({ id, requires }));
        const { order, unmet } = planStarts(all);
        expect([...order, ...unmet.keys()].sort()).toEqual(Object.keys(graph).sort());
        for (const { id, requires } of all)
          if (order.includes(id))
            for (const other of requires) expect(order.indexOf(other)).toBeLessThan(order.indexOf(id));
          else expect(requires.some((other) => !order.includes(other))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the order of starts and stops', () => {
  const steps = (...places: readonly [string, Progress, string?][]) =>
    places.map(([id, progress, after = '']) => ({ id, progress, after: after.split('').filter(Boolean) }));

  it('stops in reverse order, one after the other', () => {
    expect(stoppable(steps(['a', 'running'], ['b', 'running', 'a'], ['c', 'running', 'ab']))).toEqual(['c']);
    expect(stoppable(steps(['a', 'running'], ['b', 'running', 'a'], ['c', 'stopping', 'ab']))).toEqual([]);
    expect(stoppable(steps(['a', 'running'], ['b', 'starting', 'a'], ['c', 'stopped', 'ab']))).toEqual(['b']);
    expect(stoppable(steps(['a', 'running'], ['b', 'pending', 'a']))).toEqual(['a']);
    expect(stoppable(steps(['a', 'running'], ['b', 'running']))).toEqual(['a', 'b']);
  });

  it('to start are given first things first, and to no more than may start at a time', () => {
    expect(startable(steps(['a', 'pending'], ['b', 'pending', 'a']), 9)).toEqual(['a']);
    expect(startable(steps(['a', 'starting'], ['b', 'pending', 'a']), 9)).toEqual([]);
    expect(startable(steps(['a', 'running'], ['b', 'pending', 'a']), 9)).toEqual(['b']);
    expect(startable(steps(['a', 'stopped'], ['b', 'pending', 'a']), 9)).toEqual(['b']);
    expect(startable(steps(['a', 'starting'], ['b', 'pending'], ['c', 'pending']), 2)).toEqual(['b']);
  });
});
