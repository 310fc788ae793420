import { coloursFor } from '../../../src/cli/output/colours.js';
import { eventLine } from '../../../src/cli/output/event-line.js';
import { createSimulatedEnvironment } from '../../../src/testing/index.js';

const colours = coloursFor(process.stdout, { NO_COLOR: '1' });

/** The lines of a plugin while its one-for-all group, which has no restarts left, starts, fails and gives up. */
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

describe('the line of a plugin', () => {
  it('names the requirement that a pending plugin waits for', async () => {
    const lines = await linesOf('sign');
    expect(lines).toContain('sign  pending  it waits for store, which it requires');
  });

  it('says that a pending plugin is queued for a start slot', async () => {
    const lines = [...(await linesOf('other')), ...(await linesOf('store'))];
    expect(lines).toContainEqual(
      expect.stringMatching(/^(other|store) {2}pending {2}it is queued for a start slot$/),
    );
  });

  it('has no error when the plugin failed with its group', async () => {
    const lines = await linesOf('sign');
    expect(lines.at(-1)).toBe('sign  failed  with its group');
  });
});
