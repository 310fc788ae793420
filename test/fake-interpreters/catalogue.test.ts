import { accessSync, constants, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fakeInterpreterPath, fakeInterpreters } from '../../fake-interpreters/index.js';

const folder = fileURLToPath(new URL('../../fake-interpreters/', import.meta.url));
const names = fakeInterpreters.map(({ name }) => name);

describe('the list of fake interpreters', () => {
  it('names every program and no other', () => {
    const programs = readdirSync(folder)
      .filter((file) => file.endsWith('.ts') && !['index.ts', 'bundle.ts'].includes(file))
      .map((file) => file.replace(/\.ts$/, ''));
    expect([...names].sort()).toEqual(programs.sort());
  });

  it('is what the README shows', () => {
    const readme = readFileSync(`${folder}/README.md`, 'utf8');
    const shown = readme.split('\n').filter((line) => /^- `[\w-]+`: /.test(line));
    expect(shown).toEqual(fakeInterpreters.map(({ name, behaviour }) => `- \`${name}\`: ${behaviour}`));
  });

  it.each(fakeInterpreters)('describes $name in one sentence', ({ behaviour }) => {
    expect(behaviour).toMatch(/^[A-Z][^.]*(\.[A-Z][^.]*)?\.$/);
  });

  it.each(names)('leads to an executable of %s', (name) => {
    expect(() => {
      accessSync(fakeInterpreterPath(name), constants.X_OK);
    }).not.toThrow();
  });
});
