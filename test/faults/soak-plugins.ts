import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import type { GroupOptions } from '../../src/index.js';

const kinds: readonly FakeInterpreterName[] = [
  'healthy',
  'has-hooks',
  'healthy-with-mtls',
  'multiplexes',
  'healthy-on-tcp',
  'double-forks',
  'no-controller',
  'no-stdio',
];

/** Of ten plugins, two are in a one-for-all group, two in a rest-for-one group, the others in a one-for-one group. */
const groupOf = (index: number): string => ['together', 'together', 'chain', 'chain'][index % 10] ?? 'alone';

/** The options of the groups by kind. */
export const groups: Readonly<Record<string, GroupOptions>> = {
  alone: { strategy: 'one-for-one' },
  together: { strategy: 'one-for-all' },
  chain: { strategy: 'rest-for-one' },
};

/** Creates so many bundles of several kinds; each ten plugins have groups of their own. */
export function makePlugins(count: number, directory: string): Readonly<Record<string, GroupOptions>> {
  const all: Record<string, GroupOptions> = {};
  for (let index = 0; index < count; index += 1) {
    const name = kinds[index % kinds.length] ?? 'healthy';
    const group = groupOf(index);
    const numbered = `${group}-${Math.floor(index / 10)}`;
    all[numbered] = groups[group] ?? {};
    makeFakeBundle(name, {
      id: `${name}-${index}`,
      directory,
      interpreter: 'link',
      manifest: { group: numbered },
    });
  }
  return all;
}
