import type { AnyStateNode } from 'xstate';
import { machineDefinitions } from '../../src/environment/index.js';
import type {
  EnvironmentMachineEvent,
  HealthEvent,
  PluginEvent,
  SupervisorEvent,
} from '../../src/machines/index.js';

/** Who sends an event: an actor by its name, an action of the machine itself by its, or anyActor, at any time. */
type Sender = string;
const anyActor = 'any actor';

/** An event that a state may receive and ignores, and why that is right. */
interface Ignored {
  readonly event: string;
  /** The state, or the one that it lies in. */
  readonly state: string;
  readonly because: string;
}

const plugin = {
  senders: {
    'plugin.activate': anyActor,
    'plugin.reattach': anyActor,
    'plugin.deactivate': anyActor,
    'plugin.check': anyActor,
    'plugin.restart': anyActor,
    'plugin.stop': anyActor,
    'plugin.giveUp': anyActor,
    'plugin.setPolicy': anyActor,
    'plugin.enqueue': anyActor,
    'plugin.wait': anyActor,
    'plugin.start': anyActor,
    'plugin.reject': anyActor,
    'plugin.suspend': anyActor,
    'plugin.resume': anyActor,
    'plugin.remove': anyActor,
    'process.located': 'process',
    'process.started': 'process',
    'process.attached': 'process',
    'process.failed': 'process',
    // The attachment sends it for a reattached process.
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
    // They run before and after a plugin serves.
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
  /** Actors and actions that no state invokes, by the state that they end with. */
  spawned: { stdio: 'live', broker: 'live', logs: 'live', connection: 'live' },
  ignored: [
    ...['live', 'restarting', 'failed', 'idle'].flatMap((state) =>
      ['plugin.restart', 'plugin.stop', 'plugin.giveUp']
        // What an earlier host has given up begins so.
        .filter((event) => state !== 'idle' || event !== 'plugin.giveUp')
        .map((event) => ({ event, state, because: 'a decision follows a crash at once' })),
    ),
    {
      event: 'plugin.reattach',
      state: 'live',
      because: 'a plugin with a process is not reattached; the environment refuses it',
    },
    ...['plugin.restart', 'plugin.stop'].map((event) => ({
      event,
      state: 'pending',
      because: 'a decision follows a crash, and a pending plugin has not crashed',
    })),
    ...['idle', 'live.handshaking', 'live.healthy', 'crashed', 'restarting', 'failed'].flatMap((state) =>
      ['plugin.wait', 'plugin.start', 'plugin.reject', 'plugin.resume'].map((event) => ({
        event,
        state,
        because: 'only a pending plugin is started, rejected or resumed',
      })),
    ),
    ...['plugin.deactivate', 'plugin.suspend'].map((event) => ({
      event,
      state: 'idle',
      because: 'it has no process and is not wanted',
    })),
    ...['live.handshaking', 'live.healthy'].map((state) => ({
      event: 'plugin.enqueue',
      state,
      because: 'it is starting or healthy, and needs no start slot',
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
      because: 'only a healthy plugin is probed; the environment refuses it',
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
      because: 'it is being stopped, and each stop step has its deadline',
    },
    {
      event: 'shutdown.requested',
      state: 'live.stopping.requestingShutdown',
      because: 'the exit or the deadline follows',
    },
  ] as readonly Ignored[],
};

const health = {
  senders: {
    'health.check': anyActor,
    'health.setPolicy': anyActor,
    'channel.lost': anyActor,
    'probe.passed': 'probe redial',
    'probe.failed': 'probe redial',
    'greeting.received': 'greet',
    'greeting.failed': 'greet',
    'watch.serving': 'watch',
    'watch.notServing': 'watch',
    'watch.unavailable': 'watch',
    'watch.ended': 'watch',
    'effect.errored': 'probe redial greet watch',
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
    'group.stop': anyActor,
    'group.stopped': 'stopNext',
    'group.started': 'startNext',
    'supervisor.children': anyActor,
    'supervisor.suspend': anyActor,
    'supervisor.deactivate': anyActor,
    'supervisor.resume': anyActor,
    'supervisor.restart': anyActor,
    'supervisor.giveUp': anyActor,
    'supervisor.stop': anyActor,
    'member.command': anyActor,
    'supervisor.changed': anyActor,
    'supervisor.gaveUp': anyActor,
    'supervisor.retryRequested': anyActor,
    'supervisor.ended': anyActor,
    'supervisor.reported': anyActor,
    'plugin.spawned': anyActor,
    'plugin.changed': anyActor,
    'plugin.crashed': anyActor,
    'xstate.error.actor.*': anyActor,
    'subtree.cleared': anyActor,
  } satisfies Record<SupervisorEvent['type'], Sender>,
  spawned: { stopNext: 'stoppingChildren', startNext: 'startingChildren' },
  ignored: [
    ...allBut('suspended').map((state) => ({
      event: 'supervisor.resume',
      state,
      because: 'only a suspended supervisor is resumed',
    })),
    ...allBut('escalating').map((state) => ({
      event: 'supervisor.restart',
      state,
      because: 'its parent decides at once when it escalates',
    })),
    ...allBut('suspended', 'escalating').map((state) => ({
      event: 'supervisor.giveUp',
      state,
      because: 'its parent decides at once when it escalates, and gives up those that it has suspended',
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
      because: 'no group stop or group start of its children is in progress',
    })),
  ] as readonly Ignored[],
};

const environment = {
  senders: {
    'bundles.added': anyActor,
    'bundle.removed': anyActor,
    'environment.activate': anyActor,
    'environment.activateAll': anyActor,
    'environment.reattach': anyActor,
    'environment.giveUp': anyActor,
    'environment.deactivate': anyActor,
    'environment.restart': anyActor,
    'environment.check': anyActor,
    'environment.setPolicy': anyActor,
    'environment.stop': anyActor,
    'supervisor.changed': anyActor,
    'supervisor.gaveUp': anyActor,
    'supervisor.retryRequested': anyActor,
    'supervisor.ended': anyActor,
    'supervisor.reported': anyActor,
    'plugin.spawned': anyActor,
    'plugin.changed': anyActor,
    'environment.allStopped': 'checkAllStopped',
    'xstate.error.actor.*': anyActor,
    'subtree.cleared': anyActor,
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
      because: 'nothing is added or started any more; the call was refused before',
    })),
    ...['bundle.removed', 'environment.deactivate', 'environment.stop'].map((event) => ({
      event,
      state: 'stopping',
      because: 'every plugin is being stopped',
    })),
    {
      event: 'environment.setPolicy',
      state: 'stopping',
      because: 'each plugin is stopped by the policy that it had',
    },
    ...['running', 'stopping'].flatMap((state) => [
      {
        event: 'supervisor.changed',
        state,
        because: 'the root has no parent that suspends it or waits for it',
      },
      { event: 'supervisor.retryRequested', state, because: 'the root has no parent to be given up with' },
      { event: 'supervisor.ended', state, because: 'the root has no parent; its report is forwarded' },
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
  // A machine that has ended receives no events.
  const states = leavesOf(root).filter(({ type, parent }) => type !== 'final' || parent !== root);
  const ignoredEvent = (state: string, event: string): Ignored | undefined =>
    ignored.find((one) => one.event === event && `${state}.`.startsWith(`${one.state}.`));

  it.each(states.map((node) => [nameOf(node), node] as const))(
    'each event has a defined result: %s',
    (name, node) => {
      const undefinedCells = Object.entries(senders)
        .filter(([event]) => !handles(node, event))
        .filter(([, sender]) => canCome(node, sender, spawned))
        .filter(([event]) => ignoredEvent(name, event) === undefined)
        .map(([event]) => `${event} in ${name}`);
      expect(undefinedCells).toEqual([]);
    },
  );

  it('no event is listed as ignored that is handled or cannot come', () => {
    const idle = ignored.filter(
      ({ event, state }) =>
        !states.some(
          (node) =>
            `${nameOf(node)}.`.startsWith(`${state}.`) &&
            !handles(node, event) &&
            canCome(node, (senders as Readonly<Record<string, Sender>>)[event] ?? '', spawned),
        ),
    );
    expect(idle).toEqual([]);
  });

  it('each event is handled in some state', () => {
    const never = Object.keys(senders).filter((event) => !states.some((node) => handles(node, event)));
    expect(never.filter((event) => !ignored.some((one) => one.event === event))).toEqual([]);
  });
});

/** The atomic states. Parallel regions are separate, as events reach all of them. */
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

/** Whether a state, one of its parents, or a state of another region handles an event. */
function handles(node: AnyStateNode, event: string): boolean {
  return chain(node).some(
    (one) => hasTransition(one, event) || (one.type === 'parallel' && isHandledInside(one, event)),
  );
}

function isHandledInside(node: AnyStateNode, event: string): boolean {
  return (Object.values(node.states) as AnyStateNode[]).some((region) =>
    leavesOf(region).every((leaf) => chain(leaf).some((one) => hasTransition(one, event))),
  );
}

function hasTransition({ transitions }: AnyStateNode, event: string): boolean {
  return [...transitions.keys()].some(
    (one) => one === event || (one.endsWith('.*') && event.startsWith(one.slice(0, -1))),
  );
}

function canCome(node: AnyStateNode, sender: Sender, spawned: Readonly<Record<string, string>>): boolean {
  if (sender === anyActor) return !isTransient(node);
  return sender.split(' ').some((actor) => {
    const scope = spawned[actor];
    if (scope !== undefined && `${nameOf(node)}.`.startsWith(`${scope}.`)) return true;
    return chain(node).some(({ invoke }) => invoke.some(({ src }) => src === actor));
  });
}

/** A state that is left in the same step receives no event. */
function isTransient(node: AnyStateNode): boolean {
  return (node.always ?? []).some(({ guard }) => guard === undefined);
}
