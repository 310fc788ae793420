import { coloursFor } from '../../src/cli/colours.js';
import { eventLine } from '../../src/cli/event-line.js';
import { statusTable } from '../../src/cli/table.js';
import { logEvent } from '../../src/environment/log-events.js';
import { PluginError, type EnvironmentEvent, type PluginStatus } from '../../src/model/index.js';
import { startWell } from '../../src/testing/index.js';
import { hero, tellStory } from '../support/story.js';

const error = new PluginError({ code: 'NOT_SERVING', message: 'it has lost its database' });
const colours = coloursFor(process.stdout, { NO_COLOR: '1' });

function unready(): PluginStatus {
  const story = tellStory();
  story.activate();
  startWell(story.world);
  story.world.running('watch').say({ type: 'watch.denied', error });
  return story.status();
}

function change(ready: boolean): EnvironmentEvent {
  const status = unready();
  return { type: 'plugin.readiness', at: 0, plugin: hero, ready, error: ready ? null : error, status };
}

describe('a change of readiness', () => {
  it('is a line for people', () => {
    expect(eventLine(change(false), colours)).toBe(
      `00:00:00.000 ${hero}  not ready  it has lost its database`,
    );
    expect(eventLine(change(true), colours)).toBe(`00:00:00.000 ${hero}  ready again`);
  });

  it('is logged as a warning, and its end as news', () => {
    const lines: string[] = [];
    const write = (level: string) => (_: object, message?: string) => {
      lines.push(`${level} ${message ?? ''}`);
    };
    const logger = {
      trace: write('trace'),
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
    };
    logEvent(logger, change(false));
    logEvent(logger, change(true));
    expect(lines).toEqual([
      `warn ${hero} is not ready: it has lost its database`,
      `info ${hero} is ready again`,
    ]);
  });

  it('is seen in the table', () => {
    const [, row] = statusTable([unready()], { now: 0, columns: 120, colours });
    expect(row).toContain('healthy:unready');
  });
});
