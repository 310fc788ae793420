import type { ActorRefFrom } from 'xstate';
import {
  createStableChannel,
  type AtDeadline,
  type GenerationChannel,
  type StableChannel,
} from '../effects/index.js';
import { pluginStatus, type PluginMachine, type PluginSnapshot } from '../machines/index.js';
import {
  PluginError,
  isPluginError,
  messageOf,
  type EnvironmentEvent,
  type PluginState,
  type PluginStatus,
} from '../model/index.js';
import { inWords, mendTheGroup, type HistoryEntry, type Story } from './explain.js';

/** How many steps of a plugin's life are remembered. */
const historyLength = 100;

/** The environment's eye on one plugin: its status, its story, and the channel that its clients use. */
export interface PluginWatch {
  readonly ref: ActorRefFrom<PluginMachine>;
  readonly channel: StableChannel;
  status(): PluginStatus;
  story(): Story;
  /** Waits for the first snapshot that `decide` answers with something else than `undefined`. */
  until<Answer>(decide: (snapshot: PluginSnapshot) => Answer | undefined): Promise<Answer>;
  /** The plugin leaves the environment. */
  close(): void;
}

/** Follows one plugin's actor. Status is only ever derived from its snapshots. */
export function watchPlugin(
  ref: ActorRefFrom<PluginMachine>,
  emit: (event: EnvironmentEvent) => void,
  now: () => number,
  atDeadline?: AtDeadline,
): PluginWatch {
  const history: HistoryEntry[] = [];
  const read = (): PluginStatus => pluginStatus(ref.getSnapshot());
  let last = read();
  let lastCause = ref.getSnapshot().context.because;
  let connected: unknown = null;
  const channel = createStableChannel(() => {
    const { id, state, wanted } = read();
    return { plugin: id, state, willReturn: wanted && state !== 'failed' };
  }, atDeadline);

  const follow = (snapshot: PluginSnapshot): void => {
    const status = pluginStatus(snapshot);
    const before = last;
    last = status;
    plug(status.state, snapshot);
    if (hasTurned(before, status)) tellReadiness(status);
    const { because } = snapshot.context;
    const waitsForAnother = isDown(status) && because !== lastCause;
    lastCause = because;
    const moved = hasMoved(before, status);
    if (!moved && !waitsForAnother) return;
    const { id, state, phase, generation, since } = status;
    remember({ at: moved ? since : now(), generation, state, phase, because: inWords(because, id) });
    emit({ type: 'plugin.status', at: now(), plugin: id, from: before.state, because, status });
    if (state === 'failed' && before.state !== 'failed') {
      emit({ type: 'plugin.gaveUp', at: now(), plugin: id, error: gaveUp(status, snapshot), status });
    }
  };

  const tellReadiness = (status: PluginStatus): void => {
    const { id, ready, error, generation, state, phase } = status;
    const because = inWords(ready ? 'health.ready' : 'health.unready', id);
    remember({ at: now(), generation, state, phase, because });
    emit({ type: 'plugin.readiness', at: now(), plugin: id, ready, error: ready ? null : error, status });
  };
  const remember = (entry: HistoryEntry): void => {
    history.push(entry);
    if (history.length > historyLength) history.shift();
  };

  const plug = (state: PluginState, snapshot: PluginSnapshot): void => {
    const wanted = state === 'healthy' ? snapshot.context.channel : null;
    if (wanted !== connected) {
      connected = wanted;
      if (wanted === null) channel.disconnect();
      else channel.connect(wanted as GenerationChannel);
    }
    if (wanted === null) channel.reconsider();
  };

  const subscription = ref.subscribe(follow);
  return {
    ref,
    channel,
    status: read,
    story: () => ({ history: [...history], failedWithGroup: ref.getSnapshot().context.failedWithGroup }),
    until: (decide) => untilSnapshot(ref, decide),
    close() {
      subscription.unsubscribe();
      channel.retire();
    },
  };
}

/** Whether a plugin that stays healthy began or ceased to say that it can serve. */
function hasTurned(before: PluginStatus, after: PluginStatus): boolean {
  return before.state === 'healthy' && after.state === 'healthy' && before.ready !== after.ready;
}

function hasMoved(before: PluginStatus, after: PluginStatus): boolean {
  return (
    before.state !== after.state || before.phase !== after.phase || before.generation !== after.generation
  );
}

/** Whether it is wanted and has no process, so that it may wait for one thing after the other. */
function isDown({ state }: PluginStatus): boolean {
  return state === 'waiting' || state === 'restarting';
}

function gaveUp(status: PluginStatus, { context }: PluginSnapshot): PluginError {
  const { id, error, failedReason, retryAt } = status;
  if (context.failedWithGroup) return gaveUpWithGroup(status);
  const ending = failedReason === 'FailedToStart' ? 'could not be started' : 'could not be kept running';
  return new PluginError({
    code: 'PLUGIN_GAVE_UP',
    plugin: id,
    message: `The plugin ${ending}: ${error?.message ?? 'unknown reason'}`,
    hint: error?.hint ?? (retryAt === null ? 'Mend it and activate it again.' : undefined),
    facts: { failedReason, retryAt },
    cause: error,
  });
}

function gaveUpWithGroup({ id, error, failedReason }: PluginStatus): PluginError {
  return new PluginError({
    code: 'PLUGIN_GAVE_UP',
    plugin: id,
    message: 'The plugin was given up with its group.',
    hint: mendTheGroup,
    facts: { failedReason, retryAt: null },
    ...(error !== null && { cause: error }),
  });
}

function untilSnapshot<Answer>(
  ref: ActorRefFrom<PluginMachine>,
  decide: (snapshot: PluginSnapshot) => Answer | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => {
      reject(
        new PluginError({
          code: 'ENVIRONMENT_STOPPED',
          message: 'The plugin left its environment before an answer came.',
          hint: 'Do not call a plugin while it is removed or the environment is shut down.',
        }),
      );
    };
    const consider = (snapshot: PluginSnapshot): void => {
      try {
        const answer = decide(snapshot);
        if (answer === undefined) return;
        subscription.unsubscribe();
        resolve(answer);
      } catch (error) {
        subscription.unsubscribe();
        reject(isPluginError(error) ? error : new Error(messageOf(error), { cause: error }));
      }
    };
    const subscription = ref.subscribe({ next: consider, complete: stopped, error: reject });
    consider(ref.getSnapshot());
  });
}
