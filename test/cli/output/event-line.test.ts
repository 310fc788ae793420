import { coloursFor } from '../../../src/cli/output/colours.js';
import { eventLine } from '../../../src/cli/output/event-line.js';
import { createSimulatedEnvironment } from '../../../src/testing/index.js';

const colours = coloursFor(process.stdout, { NO_COLOR: '1' });

/** The lines of a plugin in a group that cannot live on without any of its members. */
async function linesOf(plugin: string): Promise<readonly string[]> {
  const group = 'shop';
  const { env, runUntilSettled, crash, runUntil } = await createSimulatedEnvironment({
    plugins: { store: { group }, sign: { group, requires: ['store'] }, other: {} },
    groups: { shop: { strategy: 'one-for-all', intensity: 0 } },
    startConcurrency: 1,
  });
  const lines: string[] = [];
  env.events.subscribe((event) => {
    if (event.type === 'plugin.status' && event.plugin === plugin && event.from !== event.status.state)
      lines.push(eventLine(event, colours).replace(/^\S+ /, ''));
  });
  await runUntilSettled(env.activateAll());
  crash('store');
  await runUntil('sign', 'failed');
  return lines;
}

describe('a line', () => {
  it('tells what a plugin waits for, where it is another plugin', async () => {
    const lines = await linesOf('sign');
    expect(lines).toContain('sign  waiting  for store');
  });

  it('tells that it waits for its turn, where that is all', async () => {
    const lines = [...(await linesOf('other')), ...(await linesOf('store'))];
    expect(lines).toContainEqual(expect.stringMatching(/^(other|store) {2}waiting {2}for its turn$/));
  });

  it('does not blame a plugin that was given up with its group', async () => {
    const lines = await linesOf('sign');
    expect(lines.at(-1)).toBe('sign  failed  with its group');
  });
});
