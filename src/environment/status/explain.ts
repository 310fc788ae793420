import { printableText, type ExcuseReason, type PluginState, type PluginStatus } from '../../model/index.js';

/** One change of a plugin's state or phase, with its cause. */
export interface HistoryEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly generation: number;
  readonly state: PluginState;
  readonly phase: string | null;
  /** The cause of the change, as text. */
  readonly because: string;
}

/** Why a plugin is in its state. */
export interface Explanation {
  readonly plugin: string;
  readonly state: PluginState;
  /** The reason in a few sentences. */
  readonly summary: string;
  /** What to do about it; `null` when nothing has to be done. */
  readonly hint: string | null;
  /** The last 100 changes, oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** What the observer of a plugin knows beside its status. */
export interface PluginHistory {
  readonly history: readonly HistoryEntry[];
  /** Whether it failed because its group gave up. */
  readonly failedWithGroup: boolean;
}

/** The history of an invalid bundle. */
export const emptyHistory: PluginHistory = { history: [], failedWithGroup: false };

/** Explains a status in printable text; `now` is the time from which the remaining times are counted. */
export function explainStatus(
  status: PluginStatus,
  { history, failedWithGroup }: PluginHistory,
  now: number,
): Explanation {
  const sentences = [
    describeState(status, history.at(-1)),
    describeHealth(status, now),
    describeExit(status),
    failedWithGroup ? 'It failed because its group gave up.' : null,
    describeNextAttempt(status, now),
  ];
  const hint = status.error?.hint ?? (failedWithGroup ? groupGaveUpHint : null);
  return {
    plugin: status.id,
    state: status.state,
    summary: printableText(sentences.filter((sentence) => sentence !== null).join(' ')),
    hint: hint === null ? null : printableText(hint),
    history,
  };
}

/** The hint for a plugin that failed only because its group gave up. */
export const groupGaveUpHint =
  'Fix the cause of the failure of the group, then activate any of its plugins: all of them start again.';

function describeState(status: PluginStatus, newest?: HistoryEntry): string {
  const { state, wanted, generation, pid, phase, failedReason, retryAt, error } = status;
  const reason = newest === undefined ? '' : `: ${newest.because}`;
  switch (state) {
    case 'idle':
      return 'It is not running, and was not activated.';
    case 'pending':
      return `It is wanted, but not started yet${reason}.`;
    case 'spawning':
      return `Generation ${generation} is being started.`;
    case 'handshaking':
      return `Generation ${generation} (process ${pid ?? '?'}) is starting: step ${phase ?? '?'}.`;
    case 'healthy':
      return `Generation ${generation} (process ${pid ?? '?'}) is serving.`;
    case 'stopping':
      return `Process ${pid ?? '?'} is being stopped.`;
    case 'crashed':
      return wanted
        ? 'It has exited, and its supervisor decides what follows.'
        : 'It has exited, and is not restarted automatically.';
    case 'restarting':
      // Without a time of its own it starts with its group.
      return retryAt === null
        ? `It restarts with its group${reason}.`
        : 'It has exited, and is going to restart.';
    case 'failed':
      return failedReason === 'FailedToStart' ? 'It failed to start.' : 'It failed to stay running.';
    case 'invalid':
      return `Its bundle cannot be run: ${error?.message ?? 'unknown reason'}`;
  }
}

function describeHealth({ state, health }: PluginStatus, now: number): string | null {
  if (state !== 'healthy') return null;
  const { excused, lastExcuse, source, notServingSince, notServingUntil } = health;
  const sentences = [
    source === 'overall' &&
      'Its health service does not know the name "plugin"; its overall health is probed.',
    source === 'connection' && 'It has no health service for this; only that it answers is probed.',
    notServingSince !== null &&
      `It has answered NOT_SERVING for ${inSeconds(now - notServingSince)}; calls are still sent to it.`,
    notServingUntil !== null &&
      `It is stopped if it does not answer SERVING within ${inSeconds(notServingUntil - now)}.`,
    lastExcuse !== null &&
      `${excused} of its missed probes did not count; when the last one was missed, ${excuseTexts[lastExcuse]}.`,
  ].filter((sentence) => sentence !== false);
  return sentences.length === 0 ? null : sentences.join(' ');
}

const excuseTexts: Readonly<Record<ExcuseReason, string>> = {
  calls: 'it was answering calls',
  busyHost: 'the host was too busy to read the answer',
  wakeUp: 'the host was asleep',
  answered: 'its health service answered with an error',
  busyPlugin: 'calls were in flight, and it greeted a new connection',
};

function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

function describeExit({ lastExit }: PluginStatus): string | null {
  if (lastExit === null) return null;
  const { generation, error, code, signal } = lastExit;
  if (error !== null) return `Generation ${generation} ended: ${error.message}`;
  return `Generation ${generation} exited as requested (${signal ?? `code ${code ?? 'unknown'}`}).`;
}

function describeNextAttempt({ state, retryAt, restarts }: PluginStatus, now: number): string | null {
  if (retryAt === null) return null;
  const due = inSeconds(retryAt - now);
  return state === 'failed' ? `The half-open try starts in ${due}.` : `Restart ${restarts} starts in ${due}.`;
}

/** The cause of a plugin's last change, the `because` of its event, as text. */
export function describeCause(because: string, plugin: string): string {
  const deadline = /^xstate\.after\.([^.]+)\./.exec(because)?.[1];
  if (deadline !== undefined) return `the delay ${deadline} has passed`;
  const [event = '', name = ''] = because.split(' ');
  if (event === 'sibling.ended' && name === plugin) return 'its group is restarted, because it has exited';
  return causeTexts[event]?.replace('*', name) ?? because;
}

const causeTexts: Readonly<Record<string, string>> = {
  'xstate.init': 'it was added',
  'plugin.activate': 'it was activated',
  'plugin.reattach': 'it is reattached',
  'plugin.deactivate': 'it was deactivated',
  'plugin.restart': 'the supervisor restarts it',
  'plugin.start': 'it got a start slot',
  'plugin.resume': 'its group starts again',
  'plugin.reject': 'a plugin that it requires failed to start',
  'sibling.ended': 'its sibling * has exited',
  'supervisor.gaveUp': 'the group * gave up',
  'supervisor.retried': 'its group is started again',
  'supervisor.shutDown': 'the group * has shut down',
  'requirement.awaited': 'it waits for *, which it requires',
  'requirement.deactivated': '*, which it requires, was deactivated',
  'startSlot.awaited': 'it is queued for a start slot',
  'environment.stopping': 'the environment shuts down',
  'plugin.stop': 'the supervisor stops it',
  'plugin.giveUp': 'the supervisor gave up',
  'process.located': 'its program was found',
  'process.started': 'its process runs',
  'process.attached': 'its process was found',
  'process.failed': 'its process could not be started',
  'process.exited': 'its process has exited',
  'handshake.read': 'its handshake line was read',
  'handshake.rejected': 'its handshake line was rejected',
  'channel.ready': 'it accepted the connection',
  'channel.failed': 'it did not accept the connection',
  'probe.passed': 'its health service answered SERVING',
  'probe.failed': 'its health service did not answer SERVING',
  'hook.returned': 'its hook has returned',
  'hook.failed': 'its hook failed',
  'greeting.received': 'it greeted a new connection',
  'health.lost': 'its health was lost',
  'health.unready': 'it answers NOT_SERVING, and its process still runs',
  'health.ready': 'it answers SERVING again',
  'drain.finished': 'no call is in flight',
  'shutdown.unsupported': 'it has no GRPCController',
  'effect.errored': 'an internal effect of Espalier failed',
};
