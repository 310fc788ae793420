import type { AnyStateNode } from 'xstate';
import { machineDefinitions } from '../../src/environment/index.js';
import type {
  EnvironmentMachineEvent,
  HealthEvent,
  PluginEvent,
  SupervisorEvent,
} from '../../src/machines/index.js';

/** Who sends an event: an actor by its name, an action of the machine itself by its, or anybody, at any time. */
type Sender = string;
const anybody = 'anybody';

/** An event that a state does not answer though it can come, and why that is as it should be. */
interface Ignored {
  readonly event: string;
  /** The state, or the one that it lies in. */
  readonly state: string;
  readonly because: string;
}

const plugin = {
  senders: {
    'plugin.activate': anybody,
    'plugin.reattach': anybody,
    'plugin.deactivate': anybody,
    'plugin.check': anybody,
    'plugin.restart': anybody,
    'plugin.stop': anybody,
    'plugin.giveUp': anybody,
    'plugin.setPolicy': anybody,
    'plugin.enqueue': anybody,
    'plugin.wait': anybody,
    'plugin.start': anybody,
    'plugin.reject': anybody,
    'plugin.suspend': anybody,
    'plugin.resume': anybody,
    'plugin.remove': anybody,
    'process.located': 'process',
    'process.started': 'process',
    'process.attached': 'process',
    'process.failed': 'process',
    // Beside the process effect, the attachment tells it of an attached process.
    'process.exited': 'process',
    'handshake.noise': 'handshake',
    'handshake.partialLine': 'handshake',
    'handshake.read': 'handshake',
    'handshake.rejected': 'handshake',
    'channel.ready': 'dial',
    'channel.refused': 'dial',
    'channel.failed': 'dial',
    'channel.lost': 'connection',
    'probe.passed': 'probe',
    'probe.failed': 'probe',
    // They are asked before and after a plugin serves.
    'hook.returned': 'onActivate onDeactivate',
    'hook.failed': 'onActivate onDeactivate',
    'stdio.opened': 'stdio',
    'stdio.unavailable': 'stdio',
    'shutdown.requested': 'shutdown',
    'shutdown.unsupported': 'shutdown',
    'drain.finished': 'drain',
    'health.passed': 'health',
    'health.notServing': 'health',
    'health.missed': 'health',
    'health.excused': 'health',
    'health.ready': 'health',
    'health.unready': 'health',
    'health.watched': 'health',
    'health.lost': 'health',
    'effect.errored':
      'process stdio broker logs handshake dial probe onActivate onDeactivate drain shutdown signal',
  } satisfies Record<PluginEvent['type'], Sender>,
  /** What no state invokes, by the state that it ends with: actors that a transition starts, and actions. */
  spawned: { stdio: 'live', broker: 'live', logs: 'live', connection: 'live' },
  ignored: [
    ...['live', 'restarting', 'failed', 'idle'].flatMap((state) =>
      ['plugin.restart', 'plugin.stop', 'plugin.giveUp']
        // What an earlier host has given up begins so.
        .filter((event) => state !== 'idle' || event !== 'plugin.giveUp')
        .map((event) => ({ event, state, because: 'a verdict answers a crash, at once' })),
    ),
    {
      event: 'plugin.reattach',
      state: 'live',
      because: 'what runs is not attached to; the environment refuses it',
    },
    ...['plugin.restart', 'plugin.stop'].map((event) => ({
      event,
      state: 'pending',
      because: 'a verdict answers a crash, and what waits has not crashed',
    })),
    ...['idle', 'live.handshaking', 'live.healthy', 'crashed', 'restarting', 'failed'].flatMap((state) =>
      ['plugin.wait', 'plugin.start', 'plugin.reject', 'plugin.resume'].map((event) => ({
        event,
        state,
        because: 'only what waits goes on, or is refused',
      })),
    ),
    ...['plugin.deactivate', 'plugin.suspend'].map((event) => ({
      event,
      state: 'idle',
      because: 'it is down, and nobody wants it',
    })),
    ...['live.handshaking', 'live.healthy'].map((state) => ({
      event: 'plugin.enqueue',
      state,
      because: 'it is up or on its way, and has no turn to wait for',
    })),
    ...[
      'idle',
      'pending',
      'live.spawning',
      'live.handshaking',
      'live.stopping',
      'crashed',
      'restarting',
      'failed',
    ].map((state) => ({
      event: 'plugin.check',
      state,
      because: 'only what serves is asked; the environment refuses it',
    })),
    ...['live.handshaking', 'live.healthy', 'live.stopping'].flatMap((state) =>
      ['process.located', 'process.started', 'process.attached'].map((event) => ({
        event,
        state,
        because: 'a process starts once',
      })),
    ),
    {
      event: 'channel.lost',
      state: 'live.spawning',
      because: 'nothing is connected yet',
    },
    {
      event: 'channel.lost',
      state: 'live.stopping',
      because: 'it is brought down anyway, and each rung has its deadline',
    },
    {
      event: 'shutdown.requested',
      state: 'live.stopping.requestingShutdown',
      because: 'the exit tells whether it has done so, or the deadline',
    },
  ] as readonly Ignored[],
};

const health = {
  senders: {
    'health.check': anybody,
    'health.setPolicy': anybody,
    'channel.lost': anybody,
    'probe.passed': 'probe redial',
    'probe.failed': 'probe redial',
    'watch.serving': 'watch',
    'watch.notServing': 'watch',
    'watch.unavailable': 'watch',
    'watch.ended': 'watch',
    'effect.errored': 'probe redial watch',
  } satisfies Record<HealthEvent['type'], Sender>,
  spawned: {},
  ignored: [] as readonly Ignored[],
};

const supervisorStates = [
  'running',
  'stoppingChildren',
  'backingOff',
  'startingChildren',
  'suspended',
  'escalating',
  'failed',
  'stopping',
];
const allBut = (...states: readonly string[]) => supervisorStates.filter((state) => !states.includes(state));

const supervisor = {
  senders: {
    'group.stop': anybody,
    'group.stopped': 'stopNext',
    'group.started': 'startNext',
    'supervisor.children': anybody,
    'supervisor.suspend': anybody,
    'supervisor.deactivate': anybody,
    'supervisor.resume': anybody,
    'supervisor.restart': anybody,
    'supervisor.giveUp': anybody,
    'supervisor.stop': anybody,
    'member.activate': anybody,
    'member.enqueue': anybody,
    'member.reattach': anybody,
    'member.setPolicy': anybody,
    'supervisor.changed': anybody,
    'supervisor.gaveUp': anybody,
    'supervisor.retryRequested': anybody,
    'supervisor.ended': anybody,
    'supervisor.reported': anybody,
    'plugin.spawned': anybody,
    'plugin.changed': anybody,
    'plugin.crashed': anybody,
    'plugin.actorError': anybody,
    'xstate.error.actor.*': anybody,
    'subtree.cleared': anybody,
  } satisfies Record<SupervisorEvent['type'], Sender>,
  spawned: { stopNext: 'stoppingChildren', startNext: 'startingChildren' },
  ignored: [
    ...allBut('suspended').map((state) => ({
      event: 'supervisor.resume',
      state,
      because: 'only what waits for its parent goes on',
    })),
    ...allBut('escalating').map((state) => ({
      event: 'supervisor.restart',
      state,
      because: 'a verdict answers its giving up, at once',
    })),
    ...allBut('suspended', 'escalating').map((state) => ({
      event: 'supervisor.giveUp',
      state,
      because:
        'a verdict answers its giving up, at once, and a parent that gives up reaches those that it holds',
    })),
    ...allBut('failed', 'stopping').map((state) => ({
      event: 'supervisor.retryRequested',
      state,
      because: 'it has been tried again since, and those that were given up with it start with it',
    })),
    { event: 'supervisor.retryRequested', state: 'stopping', because: 'nothing is started any more' },
    ...['running', 'backingOff', 'suspended', 'escalating', 'stopping'].map((state) => ({
      event: 'supervisor.changed',
      state,
      because: 'it waits for no group: none is coming down or up together with others',
    })),
  ] as readonly Ignored[],
};

const environment = {
  senders: {
    'bundles.added': anybody,
    'bundle.removed': anybody,
    'environment.activate': anybody,
    'environment.activateAll': anybody,
    'environment.reattach': anybody,
    'environment.giveUp': anybody,
    'environment.deactivate': anybody,
    'environment.restart': anybody,
    'environment.setPolicy': anybody,
    'environment.stop': anybody,
    'supervisor.changed': anybody,
    'supervisor.gaveUp': anybody,
    'supervisor.retryRequested': anybody,
    'supervisor.ended': anybody,
    'supervisor.reported': anybody,
    'plugin.spawned': anybody,
    'plugin.changed': anybody,
    'environment.allStopped': 'checkAllStopped',
    'xstate.error.actor.*': anybody,
    'subtree.cleared': anybody,
  } satisfies Record<EnvironmentMachineEvent['type'], Sender>,
  spawned: { checkAllStopped: 'stopping' },
  ignored: [
    ...[
      'bundles.added',
      'environment.activate',
      'environment.activateAll',
      'environment.reattach',
      'environment.giveUp',
      'environment.restart',
    ].map((event) => ({
      event,
      state: 'stopping',
      because: 'nothing is taken up or started any more; whoever asks is refused before',
    })),
    ...['bundle.removed', 'environment.deactivate', 'environment.stop'].map((event) => ({
      event,
      state: 'stopping',
      because: 'every plugin is being brought down for good anyway',
    })),
    {
      event: 'environment.setPolicy',
      state: 'stopping',
      because: 'each is brought down by the policy that it had',
    },
    ...['running', 'stopping'].flatMap((state) => [
      { event: 'supervisor.changed', state, because: 'nobody holds the root, and nobody waits for it' },
      { event: 'supervisor.retryRequested', state, because: 'the root is given up with nobody' },
      { event: 'supervisor.ended', state, because: 'nobody is above the root; its report is passed on' },
    ]),
  ] as readonly Ignored[],
};

const machines = machineDefinitions();

describe.each([
  ['plugin', machines.plugin.root, plugin],
  ['health', machines.health.root, health],
  ['supervisor', machines.supervisor.root, supervisor],
  ['environment', machines.environment.root, environment],
] as const)('in every state of the machine %s', (_, root, { senders, spawned, ignored }) => {
  // A machine that has ended takes no events.
  const states = leavesOf(root).filter(({ type, parent }) => type !== 'final' || parent !== root);
  const excuseOf = (state: string, event: string): Ignored | undefined =>
    ignored.find((one) => one.event === event && `${state}.`.startsWith(`${one.state}.`));

  it.each(states.map((node) => [nameOf(node), node] as const))(
    'each event has a defined result: %s',
    (name, node) => {
      const undefinedCells = Object.entries(senders)
        .filter(([event]) => !answers(node, event))
        .filter(([, sender]) => canCome(node, sender, spawned))
        .filter(([event]) => excuseOf(name, event) === undefined)
        .map(([event]) => `${event} in ${name}`);
      expect(undefinedCells).toEqual([]);
    },
  );

  it('nothing is said to be ignored that is answered, or cannot come', () => {
    const idle = ignored.filter(
      ({ event, state }) =>
        !states.some(
          (node) =>
            `${nameOf(node)}.`.startsWith(`${state}.`) &&
            !answers(node, event) &&
            canCome(node, (senders as Readonly<Record<string, Sender>>)[event] ?? '', spawned),
        ),
    );
    expect(idle).toEqual([]);
  });

  it('each event is answered somewhere', () => {
    const never = Object.keys(senders).filter((event) => !states.some((node) => answers(node, event)));
    expect(never.filter((event) => !ignored.some((one) => one.event === event))).toEqual([]);
  });
});

/** The states without inner ones. Of parallel regions each is looked at by itself, as events reach all of them. */
function leavesOf(node: AnyStateNode): AnyStateNode[] {
  const inner = Object.values(node.states) as AnyStateNode[];
  return inner.length === 0 ? [node] : inner.flatMap(leavesOf);
}

function nameOf({ path }: AnyStateNode): string {
  return path.join('.');
}

function chain(node: AnyStateNode): AnyStateNode[] {
  return node.parent === undefined ? [node] : [node, ...chain(node.parent)];
}

/** Whether a state, one that it lies in, or one of another region answers an event. */
function answers(node: AnyStateNode, event: string): boolean {
  return chain(node).some(
    (one) => listens(one, event) || (one.type === 'parallel' && isAnsweredInside(one, event)),
  );
}

function isAnsweredInside(node: AnyStateNode, event: string): boolean {
  return (Object.values(node.states) as AnyStateNode[]).some((region) =>
    leavesOf(region).every((leaf) => chain(leaf).some((one) => listens(one, event))),
  );
}

function listens({ transitions }: AnyStateNode, event: string): boolean {
  return [...transitions.keys()].some(
    (one) => one === event || (one.endsWith('.*') && event.startsWith(one.slice(0, -1))),
  );
}

function canCome(node: AnyStateNode, sender: Sender, spawned: Readonly<Record<string, string>>): boolean {
  if (sender === anybody) return !isTransient(node);
  return sender.split(' ').some((actor) => {
    const scope = spawned[actor];
    if (scope !== undefined && `${nameOf(node)}.`.startsWith(`${scope}.`)) return true;
    return chain(node).some(({ invoke }) => invoke.some(({ src }) => src === actor));
  });
}

/** A state that is left in the same step has no time to hear of anything. */
function isTransient(node: AnyStateNode): boolean {
  return (node.always ?? []).some(({ guard }) => guard === undefined);
}
