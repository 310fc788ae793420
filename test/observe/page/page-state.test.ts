import { createMachine } from 'xstate';
import { matchesFilter } from '../../../src/observe/page/client/event-filter.js';
import { pluginDetails } from '../../../src/observe/page/client/plugin-details.js';
import { activeStates, transitionsFrom } from '../../../src/observe/page/client/transitions.js';
import { treeLines } from '../../../src/observe/page/client/tree-lines.js';
import type { WireMessage, WireSnapshot } from '../../../src/observe/page/client/wire-messages.js';
import { createPageState, stateLabel, type PageState } from '../../../src/observe/page/client/page-state.js';
import { eventLabel } from '../../../src/observe/chart/labels.js';
import { toneOf, shortActorPath } from '../../../src/observe/page/client/state-labels.js';
import { chartOf } from '../../../src/observe/index.js';
import { createPluginMachine } from '../../../src/machines/index.js';
import { serializeDefinition } from '../../../src/observe/inspector/serialization-rules.js';
import { emitExit, createEffectSimulator } from '../../../src/testing/index.js';
import { startInspector } from '../../../src/observe/index.js';
import { connectClient } from '../inspector/inspector-client.js';
import { createInspectedTree } from '../inspected-tree.js';

describe('what the page knows', () => {
  it('is the tree of the actors that an inspector tells of, each with its word', async () => {
    const inspector = await startInspector();
    const { waitFor, messages } = await connectClient(inspector.url);
    const tree = createInspectedTree(inspector.inspect);
    tree.start('com.example.hello');
    tree.start('com.example.other');
    emitExit(tree.simulator, { signal: 'SIGSEGV' }, 'com.example.other');
    await waitFor(({ event, snapshot }) => event?.type === 'plugin.restart' && snapshot !== undefined);
    await inspector.close();
    const world = createPageState();
    for (const message of messages) world.apply(message as unknown as WireMessage);
    const lines = treeLines(world.actors(), new Set()).map(({ actor, depth }) => [
      depth,
      actor.name,
      stateLabel(actor),
    ]);
    expect(lines).toEqual([
      [0, 'environment', 'running'],
      [1, 'group:root', 'running'],
      [2, 'com.example.hello', 'healthy'],
      [3, 'process', 'active'],
      [3, 'logs', 'active'],
      [3, 'stdio', 'active'],
      [3, 'broker', 'active'],
      [3, 'health', 'betweenProbes · ready · watching'],
      [4, 'watch', 'active'],
      [2, 'com.example.other', 'restarting'],
    ]);
    const hello = world.actors().find(({ name }) => name === 'com.example.hello');
    expect(hello && pluginDetails(hello)).toMatchObject({ generation: 1, pid: 4711, trouble: null });
    const other = world.actors().find(({ name }) => name === 'com.example.other');
    expect(other && pluginDetails(other)).toMatchObject({ pid: null, trouble: { code: 'PLUGIN_CRASHED' } });
    expect(
      world
        .events()
        .filter(({ change }) => change !== null)
        .map(({ path, event, change }) => [path, event.type, change?.to]),
    ).toEqual(
      expect.arrayContaining([
        ['environment/group:root/com.example.hello', 'plugin.activate', 'spawning'],
        ['environment/group:root/com.example.hello', 'process.started', 'handshaking'],
        ['environment/group:root/com.example.hello', 'hook.returned', 'healthy'],
        ['environment/group:root/com.example.other', 'process.exited', 'crashed'],
      ]),
    );
  });

  it('keeps a root that has ended, until the next one comes', () => {
    const world = stateWithLamp();
    world.apply(snapshot('x:0', { status: 'done', value: 'off' }));
    expect(world.actors().map(({ path }) => path)).toEqual(['lamp']);
    world.apply(actor('x:9', 'lamp'));
    expect(world.actors().map(({ sessionId }) => sessionId)).toEqual(['x:9']);
  });

  it('drops an actor that has ended, and all that it says later', () => {
    const world = stateWithLamp();
    world.apply(snapshot('x:1', { status: 'stopped' }));
    world.apply(snapshot('x:1', { status: 'active', value: 'on' }));
    expect(world.actors().map(({ path }) => path)).toEqual(['lamp']);
  });

  it('tells a change with the event that made it, before what followed from it', () => {
    const world = stateWithLamp();
    world.apply(event('x:0', 'lamp.push'));
    world.apply(event('x:1', 'bulb.light', 'x:0'));
    world.apply(snapshot('x:0', { status: 'active', value: 'on' }, 'lamp.push'));
    expect(world.events().map(({ path, source, change }) => [path, source, change])).toEqual([
      ['lamp', null, { from: 'off', to: 'on' }],
      ['lamp/bulb', 'lamp', null],
    ]);
  });

  it('is bounded', () => {
    const world = stateWithLamp();
    for (let index = 0; index < 5000; index += 1) world.apply(event('x:0', `push${index}`));
    expect(world.events()).toHaveLength(1000);
    expect(world.events().at(-1)?.event.type).toBe('push4999');
  });

  it('is nothing after a new beginning', () => {
    const world = stateWithLamp();
    world.apply(event('x:0', 'lamp.push'));
    world.clear();
    expect([world.actors(), world.events()]).toEqual([[], []]);
  });
});

describe('the word beside an actor', () => {
  const chart = (id: string) => chartOf(createMachine({ id }));
  const wordOf = (id: string, value: WireSnapshot['value'], context?: Record<string, unknown>) =>
    stateLabel({
      chart: chart(id),
      snapshot: { status: 'active', value, ...(context && { context }) },
    });

  it.each<[string, WireSnapshot['value'], string, string]>([
    ['environment', { running: 'settled' }, 'running', 'good'],
    ['environment', { running: 'drainingMailbox' }, 'running', 'good'],
    ['environment', { stopping: 'drainingMailbox' }, 'stopping', 'stopping'],
    ['supervisor', { stoppingChildren: 'waiting' }, 'stoppingChildren', 'stopping'],
    ['supervisor', { startingChildren: 'drainingMailbox' }, 'startingChildren', 'busy'],
    ['supervisor', 'held', 'held', 'busy'],
  ])('of the %s in %j says nothing of what it decides at this moment: %s', (id, value, word, tone) => {
    expect([wordOf(id, value), toneOf(word)]).toEqual([word, tone]);
  });

  it('is that of its status for a plugin that is kept down', () => {
    expect(wordOf('plugin', 'held', { turn: 'startSlot.awaited', hold: null })).toBe('waiting');
    expect(wordOf('plugin', 'held', { turn: null, hold: 'sibling.ended com.example.store' })).toBe(
      'restarting',
    );
  });
});

describe('the end of an actor without a name', () => {
  it('is told with the state that invoked it', () => {
    expect(eventLabel('xstate.done.actor.0.plugin.live.stopping.requestingShutdown')).toBe(
      'requestingShutdown done',
    );
  });
});

describe('whoever an event happened to', () => {
  it.each([
    ['environment', 'environment'],
    ['environment/group:root', 'group:root'],
    ['environment/group:root/group:shop/com.example.api', 'com.example.api'],
    ['environment/group:root/shard:1/com.example.api/health/watch', 'com.example.api › health › watch'],
    ['lamp/bulb', 'bulb'],
  ])('of the path %s is %s', (path, who) => {
    expect(shortActorPath(path)).toBe(who);
  });
});

describe('the stream of events', () => {
  const happening = {
    sequence: 1,
    at: 0,
    sessionId: 'x:1',
    path: 'environment/com.example.hello/health',
    event: { type: 'xstate.after.interval.health.betweenProbes' },
    source: null,
    change: { from: 'betweenProbes', to: 'probing' },
  };

  it.each([
    ['', null, true],
    ['HELLO health', null, true],
    ['after interval', null, true],
    ['probing', null, true],
    ['hello stdio', null, false],
    ['', 'environment/com.example.hello', true],
    ['', 'environment/com.example.hell', false],
  ])('filtered by %j below %j shows: %j', (text, path, shown) => {
    expect(matchesFilter(happening, { text, path })).toBe(shown);
  });
});

describe('the tree of actors', () => {
  it('begins closed where there are many, and opens what the reader opens', () => {
    const world = createPageState();
    world.apply(actor('x:0', 'environment'));
    for (let index = 1; index <= 7; index += 1) {
      world.apply(actor(`x:${index}`, `plugin${index}`, 'x:0'));
      world.apply(actor(`y:${index}`, 'process', `x:${index}`));
    }
    const shown = (toggled: readonly string[]) =>
      treeLines(world.actors(), new Set(toggled)).map(({ actor: { path } }) => path);
    expect(shown([])).toHaveLength(8);
    expect(shown(['environment/plugin2']).filter((path) => path.endsWith('process'))).toEqual([
      'environment/plugin2/process',
    ]);
    expect(shown(['environment'])).toEqual(['environment']);
  });
});

describe('what can happen next', () => {
  it('is what the active states wait for, innermost first, and what holds everywhere', () => {
    const machine = createPluginMachine(createEffectSimulator({ now: () => 0 }).effects);
    // The page has no machine but its definition.
    const world = createPageState();
    world.apply({ ...actor('x:0', 'plugin'), definition: serializeDefinition(machine.config) });
    const chart = world.find('x:0')?.chart;
    expect(chart).toEqual(chartOf(machine));
    if (chart === null || chart === undefined) return;
    const active = activeStates(chart, { live: { stopping: 'terminating' } });
    expect(active.map(({ id }) => id)).toEqual([
      'plugin.live',
      'plugin.live.stopping',
      'plugin.live.stopping.terminating',
    ]);
    expect(transitionsFrom(chart, active).slice(0, 2)).toMatchObject([
      { event: 'always', to: 'plugin.live.stopping.detaching' },
      { event: 'after termTimeout', to: 'plugin.live.stopping.killing' },
    ]);
    expect(transitionsFrom(chart, active).at(-1)).toMatchObject({ from: 'plugin', event: 'plugin.remove' });
  });
});

const lamp = createMachine({ id: 'lamp', initial: 'off', states: { off: {}, on: {} } });

function stateWithLamp(): PageState {
  const world = createPageState();
  world.apply(actor('x:0', 'lamp'));
  world.apply(actor('x:1', 'bulb', 'x:0'));
  return world;
}

function actor(sessionId: string, name: string, parentId?: string) {
  const definition = JSON.stringify(lamp.config);
  const start: WireSnapshot = { status: 'active', value: 'off' };
  const head = {
    type: '@xstate.actor' as const,
    sessionId,
    createdAt: '0',
    name,
    definition,
    snapshot: start,
  };
  return parentId === undefined ? head : { ...head, parentId };
}

function event(sessionId: string, type: string, sourceId?: string): WireMessage {
  const head = { type: '@xstate.event' as const, sessionId, createdAt: '1', event: { type } };
  return sourceId === undefined ? head : { ...head, sourceId };
}

function snapshot(sessionId: string, current: WireSnapshot, type = 'go'): WireMessage {
  return { type: '@xstate.snapshot', sessionId, createdAt: '2', event: { type }, snapshot: current };
}
