import type { AtDeadline } from '../environment/index.js';
import { PluginError, type PluginErrorCode } from '../model/index.js';
import type { Conduct, ProcessEnd, Turn } from './conduct.js';
import { openInProcessChannel } from './in-process/channel.js';
import type { PretendedService } from './in-process/server-call.js';
import { connectionOver, type PretendedConnection } from './pretended-connection.js';
import type { AnyPretendedEffect, EffectOf } from './pretended-effects.js';
import { pretendedHandshake } from './pretended-facts.js';
import type { SteppingClock } from './stepping-clock.js';

/** One process that does not exist. */
export interface PretendedProcess {
  /** The plugin's side of an effect that the machine has begun. */
  answer(effect: AnyPretendedEffect): void;
  /** Something befalls it now. */
  turn(turn: Turn): void;
  /** It goes on after it hung, and says SERVING again. */
  recover(): void;
  isRunning(): boolean;
}

interface Birth {
  /** The effect that asks for it. */
  readonly effect: EffectOf<'process'>;
  readonly pid: number;
  readonly conduct: Conduct;
  readonly services: readonly PretendedService[];
  readonly clock: SteppingClock;
  readonly atDeadline: AtDeadline;
}

type Asking = NonNullable<Conduct['ignores']>[number];

/**
 * A process that behaves so. Whatever it is asked it answers at once, or by the clock; so `born` hears of it before
 * anything is said.
 */
export function startPretendedProcess(birth: Birth, born: (process: PretendedProcess) => void): void {
  const { effect, pid, conduct, services, clock, atDeadline } = birth;
  const channel = openInProcessChannel(`unix:/pretended/${pid}`, services, atDeadline);
  const connection = connectionOver(channel);
  const held: (() => void)[] = [];
  const watches = new Set<EffectOf<'watch'>>();
  const timers = new Set<unknown>();
  let isThere = false;
  let isFrozen = false;
  let probesLeft = conduct.servesProbes ?? Infinity;
  const isRunning = (): boolean => isThere && effect.isActive();

  const later = (ms: number, act: () => void): void => {
    if (ms === 0) act();
    if (ms === 0 || ms === Infinity) return;
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      if (effect.isActive()) act();
    }, ms);
    timers.add(timer);
  };
  const end = ({ code, signal, outOfMemory = false }: ProcessEnd): void => {
    if (!isRunning()) return;
    isThere = false;
    channel.end();
    for (const timer of timers) clock.clearTimeout(timer);
    effect.say({
      type: 'process.exited',
      at: clock.now(),
      code: signal === undefined ? (code ?? 0) : null,
      signal: signal ?? null,
      diagnosis: 'The process is a pretended one; its test says why it ended.',
      outOfMemory,
    });
  };
  const turn = (into: Turn): void => {
    if (!isRunning()) return;
    if (into === 'hang') {
      isFrozen = true;
      channel.freeze();
    } else if (into === 'refuse') {
      probesLeft = 0;
      tellWatches();
    } else end(into);
  };
  const tellWatches = (): void => {
    const fact = probesLeft > 0 ? ({ type: 'watch.affirmed' } as const) : denied();
    whenAwake(() => {
      for (const watch of watches) if (watch.isActive()) watch.say(fact);
    });
  };
  const whenAwake = (act: () => void): void => {
    if (isFrozen) held.push(act);
    else act();
  };
  const meetFate = (from: 'start' | 'healthy'): void => {
    const { fate } = conduct;
    if (fate?.from !== from) return;
    later(fate.afterMs, () => {
      turn(fate.turn);
    });
  };
  const askedToEnd = (how: Asking, by: ProcessEnd): void => {
    const { ignores = [], stopMs = 0 } = conduct;
    if (ignores.includes(how)) return;
    later(how === 'SIGKILL' ? 0 : stopMs, () => {
      end(by);
    });
  };
  const serves = (): boolean => {
    probesLeft -= 1;
    return probesLeft >= 0;
  };

  /** What it does by itself, unless it hangs. */
  const reply = (asked: AnyPretendedEffect): void => {
    if (!asked.isActive() || !isRunning()) return;
    switch (asked.name) {
      case 'handshake':
        for (const line of conduct.prints ?? []) asked.say({ type: 'handshake.noise', line });
        later(conduct.startMs ?? 0, () => {
          if (asked.isActive())
            whenAwake(() => {
              shakeHands(asked, conduct, pid);
            });
        });
        return;
      case 'dial':
        asked.say(dialled(conduct, connection));
        return;
      case 'probe':
      case 'redial':
        asked.say(serves() ? { type: 'probe.passed', ms: 0 } : { type: 'probe.failed', error: notServing() });
        return;
      case 'watch':
        watches.add(asked);
        asked.say(probesLeft > 0 ? { type: 'watch.affirmed' } : denied());
        return;
      case 'onActivate':
        activate(asked, conduct);
        if (conduct.activation === undefined) meetFate('healthy');
        return;
      case 'onDeactivate':
        asked.say({ type: 'hook.returned', hooks: conduct.hooks ?? null });
        return;
      case 'stdio':
        asked.say({ type: 'stdio.opened' });
        return;
      case 'shutdown':
        asked.say({ type: 'shutdown.requested' });
        askedToEnd('Shutdown', { code: 0 });
        return;
      case 'process':
      case 'look':
      case 'logs':
      case 'connection':
      case 'broker':
      case 'drain':
      case 'signal':
        // Nothing comes of these by itself.
        return;
    }
  };

  const begin = (): void => {
    isThere = true;
    effect.say({ type: 'process.located', command: ['pretended'] });
    effect.say({
      type: 'process.started',
      process: { pid, startedAt: clock.now(), stderrTail: () => '' },
    });
    meetFate('start');
  };
  born({
    answer(asked) {
      // Not even a process that hangs keeps the kernel from ending it, nor its host from counting calls.
      if (asked.name === 'signal') signalled(asked.detail);
      else if (asked.name === 'drain')
        connection.calls.whenIdle().subscribe(() => {
          if (asked.isActive()) asked.say({ type: 'drain.finished' });
        });
      else
        whenAwake(() => {
          reply(asked);
        });
    },
    turn,
    recover() {
      if (!isRunning()) return;
      probesLeft = Infinity;
      isFrozen = false;
      for (const act of held.splice(0)) act();
      channel.thaw();
      tellWatches();
    },
    isRunning,
  });
  const { spawnFails } = conduct;
  if (spawnFails === undefined) begin();
  else
    later(spawnFails.afterMs, () => {
      effect.say({ type: 'process.failed', at: clock.now(), error: failure(spawnFails.code) });
    });

  function signalled(signal: string | null): void {
    if (signal === 'SIGKILL') askedToEnd('SIGKILL', { signal });
    else
      whenAwake(() => {
        askedToEnd('SIGTERM', { signal: 'SIGTERM' });
      });
  }
}

function shakeHands(asked: EffectOf<'handshake'>, conduct: Conduct, pid: number): void {
  const { handshakeFails, protocolVersion: appVersion = 1 } = conduct;
  if (handshakeFails !== undefined)
    asked.say({ type: 'handshake.rejected', error: failure(handshakeFails, 'handshake') });
  else {
    const handshake = pretendedHandshake({ appVersion, address: `/pretended/${pid}` });
    asked.say({ type: 'handshake.read', handshake });
  }
}

function dialled({ refusesConnections = false }: Conduct, channel: PretendedConnection) {
  return refusesConnections
    ? ({ type: 'channel.refused', error: failure('CONNECT_FAILED', 'dial') } as const)
    : ({ type: 'channel.ready', channel } as const);
}

function activate(asked: EffectOf<'onActivate'>, { activation, hooks }: Conduct): void {
  if (activation === undefined) asked.say({ type: 'hook.returned', hooks: hooks ?? null });
  else if (activation !== null)
    asked.say({ type: 'hook.failed', error: failure('HOOK_FAILED', 'hooks', activation) });
}

function denied() {
  return { type: 'watch.denied', error: notServing() } as const;
}

function notServing(): PluginError {
  return failure('NOT_SERVING', 'health', 'The pretended plugin says NOT_SERVING.');
}

function failure(
  code: PluginErrorCode,
  phase?: PluginError['phase'],
  message = `The pretended plugin fails with ${code}.`,
): PluginError {
  return new PluginError({
    code,
    phase,
    message,
    hint: 'Its test says so; give it another behaviour if that is not meant.',
  });
}
