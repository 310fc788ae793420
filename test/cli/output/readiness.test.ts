import { coloursFor } from '../../../src/cli/output/colours.js';
import { eventLine } from '../../../src/cli/output/event-line.js';
import { statusTable } from '../../../src/cli/output/status-table.js';
import { logEvent } from '../../../src/environment/status/log-events.js';
import { PluginError, type EnvironmentEvent, type PluginStatus } from '../../../src/model/index.js';
import { completeStart } from '../../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin } from '../../support/simulated-tree.js';

const error = new PluginError({ code: 'NOT_SERVING', message: 'it has lost its database' });
const colours = coloursFor(process.stdout, { NO_COLOR: '1' });

function unready(): PluginStatus {
  const tree = createTreeWithPlugin();
  tree.activate();
  completeStart(tree.simulator);
  tree.simulator.running('watch').emit({ type: 'watch.notServing', error });
  return tree.status();
}

function change(ready: boolean): EnvironmentEvent {
  const status = unready();
  return {
    type: 'plugin.readiness',
    at: 0,
    plugin: defaultPlugin,
    ready,
    error: ready ? null : error,
    status,
  };
}

describe('a change of readiness', () => {
  it('is printed as a line', () => {
    expect(eventLine(change(false), colours)).toBe(
      `00:00:00.000 ${defaultPlugin}  not ready  it has lost its database`,
    );
    expect(eventLine(change(true), colours)).toBe(`00:00:00.000 ${defaultPlugin}  ready again`);
  });

  it('is logged as a warning, and at info when it ends', () => {
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
      `warn ${defaultPlugin} is not ready: it has lost its database`,
      `info ${defaultPlugin} is ready again`,
    ]);
  });

  it('is shown in the table', () => {
    const [, row] = statusTable([unready()], { now: 0, columns: 120, colours });
    expect(row).toContain('healthy:unready');
  });
});
