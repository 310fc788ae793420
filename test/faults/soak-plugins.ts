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

/** Of each ten plugins, two are in a group of each strategy that takes others down, and the rest stand alone. */
const groupOf = (index: number): string => ['together', 'together', 'chain', 'chain'][index % 10] ?? 'alone';

export const groups: Readonly<Record<string, GroupOptions>> = {
  alone: { strategy: 'one-for-one' },
  together: { strategy: 'one-for-all' },
  chain: { strategy: 'rest-for-one' },
};

/** Makes so many bundles of several kinds in a directory; groups of more than ten are divided by tens. */
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
