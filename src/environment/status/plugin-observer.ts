import type { ActorRefFrom } from 'xstate';
import {
  createPluginChannel,
  type AtDeadline,
  type GenerationChannel,
  type PluginChannel,
} from '../../effects/index.js';
import { pluginStatus, type PluginMachine, type PluginSnapshot } from '../../machines/index.js';
import {
  PluginError,
  isPluginError,
  messageOf,
  type EnvironmentEvent,
  type PluginState,
  type PluginStatus,
} from '../../model/index.js';
import { describeCause, groupGaveUpHint, type HistoryEntry, type PluginHistory } from './explain.js';

/** How many changes of a plugin its history keeps. */
const historyLength = 100;

/** Observes the actor of one plugin: its status, its history, and the channel that its clients use. */
export interface PluginObserver {
  readonly ref: ActorRefFrom<PluginMachine>;
  readonly channel: PluginChannel;
  status(): PluginStatus;
  history(): PluginHistory;
  /** Resolves with the first result of `decide` that is not `undefined`; rejects with what it throws. */
  until<Result>(decide: (snapshot: PluginSnapshot) => Result | undefined): Promise<Result>;
  /** Stops observing and shuts the channel down. */
  close(): void;
}

/** Starts to observe a plugin's actor, and emits an event for each change of its status. */
export function observePlugin(
  ref: ActorRefFrom<PluginMachine>,
  emit: (event: EnvironmentEvent) => void,
  now: () => number,
  atDeadline?: AtDeadline,
): PluginObserver {
  const history: HistoryEntry[] = [];
  const read = (): PluginStatus => pluginStatus(ref.getSnapshot());
  let last = read();
  let lastCause = ref.getSnapshot().context.because;
  let connected: unknown = null;
  const channel = createPluginChannel(() => {
    const { id, state, wanted } = read();
    return { plugin: id, state, isTemporary: wanted && state !== 'failed' };
  }, atDeadline);

  const onSnapshot = (snapshot: PluginSnapshot): void => {
    const status = pluginStatus(snapshot);
    const before = last;
    last = status;
    updateChannel(status.state, snapshot);
    if (readinessChanged(before, status)) emitReadiness(status);
    const { because } = snapshot.context;
    const waitReasonChanged = isAwaitingStart(status) && because !== lastCause;
    lastCause = because;
    const hasChanged = stateChanged(before, status);
    if (!hasChanged && !waitReasonChanged) return;
    const { id, state, phase, generation, since } = status;
    addToHistory({
      at: hasChanged ? since : now(),
      generation,
      state,
      phase,
      because: describeCause(because, id),
    });
    emit({ type: 'plugin.status', at: now(), plugin: id, from: before.state, because, status });
    if (state === 'failed' && before.state !== 'failed') {
      emit({ type: 'plugin.gaveUp', at: now(), plugin: id, error: gaveUpError(status, snapshot), status });
    }
  };

  const emitReadiness = (status: PluginStatus): void => {
    const { id, ready, error, generation, state, phase } = status;
    const because = describeCause(ready ? 'health.ready' : 'health.unready', id);
    addToHistory({ at: now(), generation, state, phase, because });
    emit({ type: 'plugin.readiness', at: now(), plugin: id, ready, error: ready ? null : error, status });
  };
  const addToHistory = (entry: HistoryEntry): void => {
    history.push(entry);
    if (history.length > historyLength) history.shift();
  };

  const updateChannel = (state: PluginState, snapshot: PluginSnapshot): void => {
    const wanted = state === 'healthy' ? snapshot.context.channel : null;
    if (wanted !== connected) {
      connected = wanted;
      if (wanted === null) channel.disconnect();
      else channel.connect(wanted as GenerationChannel);
    }
    if (wanted === null) channel.failUnservable();
  };

  // Without an error listener XState would throw a defect of the actor as an uncaught exception.
  const subscription = ref.subscribe({ next: onSnapshot, error: () => undefined });
  return {
    ref,
    channel,
    status: read,
    history: () => ({ history: [...history], failedWithGroup: ref.getSnapshot().context.failedWithGroup }),
    until: (decide) => untilSnapshot(ref, decide),
    close() {
      subscription.unsubscribe();
      channel.shutDown();
    },
  };
}

/** Whether a plugin that stays healthy became ready or stopped being ready. */
function readinessChanged(before: PluginStatus, after: PluginStatus): boolean {
  return before.state === 'healthy' && after.state === 'healthy' && before.ready !== after.ready;
}

function stateChanged(before: PluginStatus, after: PluginStatus): boolean {
  return (
    before.state !== after.state || before.phase !== after.phase || before.generation !== after.generation
  );
}

/** Whether it waits for its start, so that the cause may change while the state stays. */
function isAwaitingStart({ state }: PluginStatus): boolean {
  return state === 'pending' || state === 'restarting';
}

function gaveUpError(status: PluginStatus, { context }: PluginSnapshot): PluginError {
  const { id, error, failedReason, retryAt } = status;
  if (context.failedWithGroup) return groupGaveUpError(status);
  const failure = failedReason === 'FailedToStart' ? 'failed to start' : 'failed to stay running';
  return new PluginError({
    code: 'PLUGIN_GAVE_UP',
    plugin: id,
    message: `The plugin ${failure}: ${error?.message ?? 'unknown reason'}`,
    hint: error?.hint ?? (retryAt === null ? 'Fix the cause, then activate the plugin again.' : undefined),
    facts: { failedReason, retryAt },
    cause: error,
  });
}

function groupGaveUpError({ id, error, failedReason }: PluginStatus): PluginError {
  return new PluginError({
    code: 'PLUGIN_GAVE_UP',
    plugin: id,
    message: 'The plugin failed because its group gave up.',
    hint: groupGaveUpHint,
    facts: { failedReason, retryAt: null },
    ...(error !== null && { cause: error }),
  });
}

function untilSnapshot<Result>(
  ref: ActorRefFrom<PluginMachine>,
  decide: (snapshot: PluginSnapshot) => Result | undefined,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => {
      reject(
        new PluginError({
          code: 'ENVIRONMENT_STOPPED',
          message: 'The plugin was removed, or the environment shut down, before the call completed.',
          hint: 'Do not call a plugin while it is removed or the environment shuts down.',
        }),
      );
    };
    const evaluate = (snapshot: PluginSnapshot): void => {
      try {
        const result = decide(snapshot);
        if (result === undefined) return;
        subscription.unsubscribe();
        resolve(result);
      } catch (error) {
        subscription.unsubscribe();
        reject(isPluginError(error) ? error : new Error(messageOf(error), { cause: error }));
      }
    };
    const subscription = ref.subscribe({ next: evaluate, complete: stopped, error: reject });
    evaluate(ref.getSnapshot());
  });
}
