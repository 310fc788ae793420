import { groupSpecs } from '../../../src/environment/options/group-options.js';
import type { GroupOptions } from '../../../src/model/index.js';
import { groupProblems, planStarts, precedence, buildTree, type Subtree } from '../../../src/policy/index.js';

type Plugins = Readonly<Record<string, { readonly group?: string; readonly requires?: readonly string[] }>>;

function treeOf(groups: Readonly<Record<string, GroupOptions>>, plugins: Plugins) {
  const plan = planStarts(Object.entries(plugins).map(([id, { requires = [] }]) => ({ id, requires })));
  const placements = plan.order.map((id) => ({ id, group: plugins[id]?.group ?? 'root' }));
  const tree = buildTree(groupSpecs({ groups }), placements, plan);
  const after = precedence(tree, plan);
  return { tree, after: Object.fromEntries(plan.order.map((id) => [id, after.get(id)])) };
}

/** A branch as text: what each child comes after, and groups in brackets. */
function drawn({ children }: Subtree): string {
  return children
    .map((child) => {
      const names = [...child.after].join('');
      const after = names === '' ? '' : `<${names}`;
      return child.kind === 'plugin' ? `${child.id}${after}` : `${child.id}${after}(${drawn(child.subtree)})`;
    })
    .join(' ');
}

describe('the tree', () => {
  it.each<[string, Readonly<Record<string, GroupOptions>>, Plugins, string]>([
    ['one group', {}, { a: {}, b: { requires: ['a'] }, c: {} }, 'a b<a c'],
    ['a chain', { root: { strategy: 'rest-for-one' } }, { a: {}, b: {}, c: {} }, 'a b<a c<ab'],
    ['a group where its first plugin is', { G: {} }, { a: {}, b: { group: 'G' }, c: {} }, 'a G(b) c'],
    [
      'a group that needs one beside it',
      { G: {} },
      { a: {}, b: { group: 'G', requires: ['a'] } },
      'a G<a(b)',
    ],
    [
      'groups in groups',
      { G: {}, H: { parent: 'G' } },
      { a: { group: 'H' }, b: { group: 'G' } },
      'G(H(a) b)',
    ],
    ['an empty group', { G: {} }, { a: {} }, 'a G()'],
  ])('of %s is drawn', (_, groups, plugins, drawing) => {
    expect(drawn(treeOf(groups, plugins).tree)).toBe(drawing);
  });

  it('puts plugins after what they require and after their elder siblings, never in a circle', () => {
    const groups = { G: { strategy: 'one-for-all' }, H: { strategy: 'rest-for-one' } } as const;
    const plugins = {
      a: { group: 'G' },
      b: { group: 'H', requires: ['a'] },
      c: { group: 'G', requires: ['b'] },
      d: { group: 'H', requires: ['c'] },
    };
    expect(treeOf(groups, plugins).after).toEqual({ a: [], b: ['a'], c: ['a', 'b'], d: ['a', 'b', 'c'] });
  });
});

describe('the order within groups', () => {
  const two = { a: { group: 'G' }, b: { group: 'G' } };

  it.each<[string, Readonly<Record<string, GroupOptions>>, Plugins, Readonly<Record<string, string[]>>]>([
    ['none under one-for-one', { G: { strategy: 'one-for-one' } }, two, { a: [], b: [] }],
    ['the elder first under rest-for-one', { G: { strategy: 'rest-for-one' } }, two, { a: [], b: ['a'] }],
    ['the elder first under one-for-all', { G: { strategy: 'one-for-all' } }, two, { a: [], b: ['a'] }],
    [
      'all of an elder group first',
      { root: { strategy: 'rest-for-one' }, G: { strategy: 'one-for-one' } },
      { ...two, c: {} },
      { a: [], b: [], c: ['a', 'b'] },
    ],
    [
      'never against the start order',
      { root: { strategy: 'rest-for-one' }, G: { strategy: 'one-for-one' } },
      { a: { group: 'G' }, c: {}, b: { group: 'G', requires: ['c'] } },
      { a: [], c: ['a'], b: ['c'] },
    ],
  ])('is %s', (_, groups, plugins, after) => {
    expect(treeOf(groups, plugins).after).toEqual(after);
  });
});

describe('groups', () => {
  it.each<[Readonly<Record<string, GroupOptions>>, readonly string[]]>([
    [{ a: {}, b: { parent: 'a' } }, []],
    [{ a: { parent: 'x' } }, ['groups.a.parent names the unknown group x']],
    [{ a: { parent: 'a' } }, ['groups: a belongs to a']],
    [{ a: { parent: 'b' }, b: { parent: 'c' }, c: { parent: 'b' } }, ['groups: b belongs to c belongs to b']],
  ])('%j have the problems %j', (groups, problems) => {
    expect(groupProblems(groupSpecs({ groups }))).toEqual(problems);
  });
});
