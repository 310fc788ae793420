import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

describe('the README', () => {
  it('shows the embedding example as it is', () => {
    const [, shown] = /```js\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? [];
    expect(shown).toBe(readFileSync('examples/embed/embed.mjs', 'utf8'));
    expect(shown?.trim().split('\n').length).toBeLessThanOrEqual(26);
  });

  it('has an embedding example that runs, sees the restart, and ends', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['examples/embed/embed.mjs']);
    expect(stdout.trim().split('\n')).toEqual(
      expect.arrayContaining([
        'generation 1: crashed',
        'generation 2: spawning',
        'generation 2: healthy',
        'generation 2: idle',
      ]),
    );
  });
});
