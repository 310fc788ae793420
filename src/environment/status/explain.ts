import type { ExcuseReason, PluginState, PluginStatus } from '../../model/index.js';

/** One step of a plugin's life, with what led to it. */
export interface HistoryEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly generation: number;
  readonly state: PluginState;
  readonly phase: string | null;
  /** The event that led here, in words. */
  readonly because: string;
}

/** Why a plugin is where it is. */
export interface Explanation {
  readonly plugin: string;
  readonly state: PluginState;
  /** The whole story in a few sentences. */
  readonly summary: string;
  /** What somebody can do about it; `null` when nothing needs doing. */
  readonly hint: string | null;
  /** The newest steps, oldest first. */
  readonly history: readonly HistoryEntry[];
}

/** What there is to tell of a plugin beside its status. */
export interface PluginHistory {
  readonly history: readonly HistoryEntry[];
  /** Whether it was given up because its group was. */
  readonly failedWithGroup: boolean;
}

/** Of a bundle that cannot be run nothing else is known. */
export const emptyHistory: PluginHistory = { history: [], failedWithGroup: false };

/** Explains a status; `now` only tells how long things are to last. */
export function explainStatus(
  status: PluginStatus,
  { history, failedWithGroup }: PluginHistory,
  now: number,
): Explanation {
  const sentences = [
    describeState(status, history.at(-1)),
    describeHealth(status, now),
    describeExit(status),
    failedWithGroup ? 'It was given up with its group.' : null,
    describeNextAttempt(status, now),
  ];
  return {
    plugin: status.id,
    state: status.state,
    summary: sentences.filter((sentence) => sentence !== null).join(' '),
    hint: status.error?.hint ?? (failedWithGroup ? groupGaveUpHint : null),
    history,
  };
}

/** What to do about a plugin that has done nothing wrong itself. */
export const groupGaveUpHint =
  'Mend what made the group give up, and activate any plugin of it: all of them are tried again.';

function describeState(status: PluginStatus, newest?: HistoryEntry): string {
  const { state, wanted, generation, pid, phase, failedReason, retryAt, error } = status;
  const reason = newest === undefined ? '' : `: ${newest.because}`;
  switch (state) {
    case 'idle':
      return 'It is not running, and nobody wants it to.';
    case 'pending':
      return `It is wanted, and not started yet${reason}.`;
    case 'spawning':
      return `Generation ${generation} is being started.`;
    case 'handshaking':
      return `Generation ${generation} (process ${pid ?? '?'}) is starting: step ${phase ?? '?'}.`;
    case 'healthy':
      return `Generation ${generation} (process ${pid ?? '?'}) serves.`;
    case 'stopping':
      return `Process ${pid ?? '?'} is being brought down.`;
    case 'crashed':
      return wanted
        ? 'It has ended, and its supervisor decides what follows.'
        : 'It has ended, and is not restarted by itself.';
    case 'restarting':
      // Without a moment of its own, it starts when its group does.
      return retryAt === null
        ? `It is started again with its group${reason}.`
        : 'It has ended, and is started again.';
    case 'failed':
      return failedReason === 'FailedToStart' ? 'It could not be started.' : 'It could not be kept running.';
    case 'invalid':
      return `Its bundle cannot be run: ${error?.message ?? 'unknown reason'}`;
  }
}

function describeHealth({ state, health }: PluginStatus, now: number): string | null {
  if (state !== 'healthy') return null;
  const { excused, lastExcuse, notServingSince, notServingUntil } = health;
  const sentences = [
    notServingSince !== null &&
      `It has said NOT_SERVING for ${inSeconds(now - notServingSince)}; calls go to it all the same.`,
    notServingUntil !== null &&
      `It is brought down if it does not say SERVING within ${inSeconds(notServingUntil - now)}.`,
    lastExcuse !== null &&
      `${excused} of its missed probes did not count; of the last one, ${excuseTexts[lastExcuse]}.`,
  ].filter((sentence) => sentence !== false);
  return sentences.length === 0 ? null : sentences.join(' ');
}

const excuseTexts: Readonly<Record<ExcuseReason, string>> = {
  calls: 'it was answering calls meanwhile',
  busyHost: 'the host itself was too busy to listen',
  wakeUp: 'the host was asleep meanwhile',
};

function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

function describeExit({ lastExit }: PluginStatus): string | null {
  if (lastExit === null) return null;
  const { generation, error, code, signal } = lastExit;
  if (error !== null) return `Generation ${generation} ended: ${error.message}`;
  return `Generation ${generation} ended as asked (${signal ?? `code ${code ?? 'unknown'}`}).`;
}

function describeNextAttempt({ state, retryAt, restarts }: PluginStatus, now: number): string | null {
  if (retryAt === null) return null;
  const due = inSeconds(retryAt - now);
  return state === 'failed' ? `One more try is due in ${due}.` : `Restart ${restarts} is due in ${due}.`;
}

/** What moved a plugin, in words. */
export function describeCause(because: string, plugin: string): string {
  const deadline = /^xstate\.after\.([^.]+)\./.exec(because)?.[1];
  if (deadline !== undefined) return `${deadline} has passed`;
  const [what = '', name = ''] = because.split(' ');
  if (what === 'sibling.ended' && name === plugin) return 'its group is restarted, as it has ended';
  return causeTexts[what]?.replace('*', name) ?? because;
}

const causeTexts: Readonly<Record<string, string>> = {
  'xstate.init': 'it was added',
  'plugin.activate': 'it was activated',
  'plugin.reattach': 'it is reattached',
  'plugin.deactivate': 'it was deactivated',
  'plugin.restart': 'the supervisor restarts it',
  'plugin.start': 'its turn has come',
  'plugin.resume': 'its group starts again',
  'plugin.reject': 'what it requires does not come up',
  'sibling.ended': 'its sibling * has ended',
  'supervisor.gaveUp': 'the group * has given up',
  'supervisor.retried': 'its group is tried again',
  'supervisor.shutDown': 'the group * is done',
  'requirement.awaited': 'it waits for *, which it requires',
  'requirement.deactivated': '*, which it requires, was deactivated',
  'startSlot.awaited': 'it waits for its turn to be started',
  'environment.stopping': 'the environment is shut down',
  'plugin.stop': 'the supervisor lets it rest',
  'plugin.giveUp': 'the supervisor has given up',
  'process.located': 'its program was found',
  'process.started': 'its process runs',
  'process.attached': 'its process was found',
  'process.failed': 'its process could not be started',
  'process.exited': 'its process has ended',
  'handshake.read': 'its handshake line was read',
  'handshake.rejected': 'its handshake line was refused',
  'channel.ready': 'it accepted the connection',
  'channel.failed': 'it does not take the connection',
  'probe.passed': 'its health service says SERVING',
  'probe.failed': 'its health service does not say SERVING',
  'hook.returned': 'its hook has returned',
  'hook.failed': 'its hook failed',
  'health.lost': 'its health was lost',
  'health.unready': 'it says NOT_SERVING, and lives',
  'health.ready': 'it says SERVING again',
  'drain.finished': 'no call is in flight',
  'shutdown.unsupported': 'it has no GRPCController',
  'effect.errored': 'a part of Espalier failed',
};
