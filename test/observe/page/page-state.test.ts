import { createMachine } from 'xstate';
import { matchesFilter } from '../../../src/observe/page/client/event-filter.js';
import { pluginDetails } from '../../../src/observe/page/client/plugin-details.js';
import { activeStates, transitionsFrom } from '../../../src/observe/page/client/transitions.js';
import { treeLines } from '../../../src/observe/page/client/tree-lines.js';
import type { WireMessage, WireSnapshot } from '../../../src/observe/page/client/wire-messages.js';
import { createPageState, stateLabel, type PageState } from '../../../src/observe/page/client/page-state.js';
import { pluginStateTones } from '../../../src/model/index.js';
import { eventLabel } from '../../../src/observe/chart/labels.js';
import { toneOf, shortActorPath } from '../../../src/observe/page/client/state-labels.js';
import { chartOf } from '../../../src/observe/index.js';
import { createPluginMachine } from '../../../src/machines/index.js';
import { serializeDefinition } from '../../../src/observe/inspector/serialization-rules.js';
import { emitExit, createEffectSimulator } from '../../../src/testing/index.js';
import { startInspector } from '../../../src/observe/index.js';
import { connectClient } from '../inspector/inspector-client.js';
import { createInspectedTree } from '../inspected-tree.js';

describe('the state of the page', () => {
  it('is the tree of the actors that an inspector reports, each with its state', async () => {
    const inspector = await startInspector();
    const { waitFor, messages } = await connectClient(inspector.url);
    const tree = createInspectedTree(inspector.inspect);
    tree.start('com.example.hello');
    tree.start('com.example.other');
    emitExit(tree.simulator, { signal: 'SIGSEGV' }, 'com.example.other');
    await waitFor(({ event, snapshot }) => event?.type === 'plugin.restart' && snapshot !== undefined);
    await inspector.close();
    const pageState = createPageState();
    for (const message of messages) pageState.apply(message as unknown as WireMessage);
    const lines = treeLines(pageState.actors(), new Set()).map(({ actor, depth }) => [
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
      [3, 'connection', 'active'],
      [3, 'health', 'betweenProbes · ready · off'],
      [2, 'com.example.other', 'restarting'],
    ]);
    const hello = pageState.actors().find(({ name }) => name === 'com.example.hello');
    expect(hello && pluginDetails(hello)).toMatchObject({ generation: 1, pid: 4711, error: null });
    const other = pageState.actors().find(({ name }) => name === 'com.example.other');
    expect(other && pluginDetails(other)).toMatchObject({ pid: null, error: { code: 'PLUGIN_CRASHED' } });
    expect(
      pageState
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

  it('keeps a stopped root until one of the same name starts', () => {
    const pageState = stateWithLamp();
    pageState.apply(snapshot('x:0', { status: 'done', value: 'off' }));
    expect(pageState.actors().map(({ path }) => path)).toEqual(['lamp']);
    pageState.apply(actor('x:9', 'lamp'));
    expect(pageState.actors().map(({ sessionId }) => sessionId)).toEqual(['x:9']);
  });

  it('drops a stopped actor and ignores its later messages', () => {
    const pageState = stateWithLamp();
    pageState.apply(snapshot('x:1', { status: 'stopped' }));
    pageState.apply(snapshot('x:1', { status: 'active', value: 'on' }));
    expect(pageState.actors().map(({ path }) => path)).toEqual(['lamp']);
  });

  it('attaches a transition to the event that caused it, before the events that it caused', () => {
    const pageState = stateWithLamp();
    pageState.apply(event('x:0', 'lamp.push'));
    pageState.apply(event('x:1', 'bulb.light', 'x:0'));
    pageState.apply(snapshot('x:0', { status: 'active', value: 'on' }, 'lamp.push'));
    expect(pageState.events().map(({ path, source, change }) => [path, source, change])).toEqual([
      ['lamp', null, { from: 'off', to: 'on' }],
      ['lamp/bulb', 'lamp', null],
    ]);
  });

  it('keeps the newest 1000 events', () => {
    const pageState = stateWithLamp();
    for (let index = 0; index < 5000; index += 1) pageState.apply(event('x:0', `push${index}`));
    expect(pageState.events()).toHaveLength(1000);
    expect(pageState.events().at(-1)?.event.type).toBe('push4999');
  });

  it('is empty after clear()', () => {
    const pageState = stateWithLamp();
    pageState.apply(event('x:0', 'lamp.push'));
    pageState.clear();
    expect([pageState.actors(), pageState.events()]).toEqual([[], []]);
  });
});

describe('the state label of an actor', () => {
  const chart = (id: string) => chartOf(createMachine({ id }));
  const labelOf = (id: string, value: WireSnapshot['value'], context?: Record<string, unknown>) =>
    stateLabel({
      chart: chart(id),
      snapshot: { status: 'active', value, ...(context && { context }) },
    });

  it.each<[string, WireSnapshot['value'], string, string]>([
    ['environment', { running: 'idle' }, 'running', 'good'],
    ['environment', { running: 'drainingMailbox' }, 'running', 'good'],
    ['environment', { stopping: 'drainingMailbox' }, 'stopping', 'stopping'],
    ['supervisor', { stoppingChildren: 'awaitingChildren' }, 'stoppingChildren', 'stopping'],
    ['supervisor', { startingChildren: 'drainingMailbox' }, 'startingChildren', 'busy'],
    ['supervisor', 'suspended', 'suspended', 'busy'],
  ])('of the %s in %j is its outermost state: %s', (id, value, label, tone) => {
    expect([labelOf(id, value), toneOf(label)]).toEqual([label, tone]);
  });

  it('is the state of its status for a plugin that is pending', () => {
    expect(labelOf('plugin', 'pending', { queued: 'startSlot.awaited', suspended: null })).toBe('pending');
    expect(labelOf('plugin', 'pending', { queued: null, suspended: 'sibling.ended com.example.store' })).toBe(
      'restarting',
    );
  });

  it('has the tone that the terminal colours the state in', () => {
    for (const [state, tone] of Object.entries(pluginStateTones)) expect(toneOf(state)).toBe(tone);
    expect(pluginStateTones).toMatchObject({ pending: 'busy', healthy: 'good', failed: 'bad' });
  });
});

describe('the event of an actor with a generated id', () => {
  it('is labelled with the state that invoked it', () => {
    expect(eventLabel('xstate.done.actor.0.plugin.live.stopping.requestingShutdown')).toBe(
      'requestingShutdown done',
    );
  });
});

describe('the short path of an actor', () => {
  it.each([
    ['environment', 'environment'],
    ['environment/group:root', 'group:root'],
    ['environment/group:root/group:shop/com.example.api', 'com.example.api'],
    ['environment/group:root/shard:1/com.example.api/health/watch', 'com.example.api › health › watch'],
    ['lamp/bulb', 'bulb'],
  ])('for %s is %s', (path, short) => {
    expect(shortActorPath(path)).toBe(short);
  });
});

describe('the list of events', () => {
  const entry = {
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
    expect(matchesFilter(entry, { text, path })).toBe(shown);
  });
});

describe('the tree of actors', () => {
  it('is collapsed by default below many siblings, and expands what the user expands', () => {
    const pageState = createPageState();
    pageState.apply(actor('x:0', 'environment'));
    for (let index = 1; index <= 7; index += 1) {
      pageState.apply(actor(`x:${index}`, `plugin${index}`, 'x:0'));
      pageState.apply(actor(`y:${index}`, 'process', `x:${index}`));
    }
    const shown = (toggled: readonly string[]) =>
      treeLines(pageState.actors(), new Set(toggled)).map(({ actor: { path } }) => path);
    expect(shown([])).toHaveLength(8);
    expect(shown(['environment/plugin2']).filter((path) => path.endsWith('process'))).toEqual([
      'environment/plugin2/process',
    ]);
    expect(shown(['environment'])).toEqual(['environment']);
  });
});

describe('the transitions from the active states', () => {
  it('are listed innermost state first, those of the root last', () => {
    const machine = createPluginMachine(createEffectSimulator({ now: () => 0 }).effects);
    // The page has only the serialized definition of a machine.
    const pageState = createPageState();
    pageState.apply({ ...actor('x:0', 'plugin'), definition: serializeDefinition(machine.config) });
    const chart = pageState.find('x:0')?.chart;
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
  const pageState = createPageState();
  pageState.apply(actor('x:0', 'lamp'));
  pageState.apply(actor('x:1', 'bulb', 'x:0'));
  return pageState;
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
