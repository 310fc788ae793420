import type { AtDeadline } from '../../environment/index.js';
import { PluginError, type PluginErrorCode } from '../../model/index.js';
import type { ProcessBehaviour, ProcessEnd, ProcessFault } from './process-behaviour.js';
import { openInProcessChannel } from '../grpc/in-process-channel.js';
import type { SimulatedService } from '../grpc/in-process-server.js';
import { createSimulatedConnection, type SimulatedConnection } from './simulated-connection.js';
import type { AnySimulatedEffect, SimulatedEffectOf } from '../effects/effect-simulator.js';
import { simulatedHandshake } from '../effects/simulated-events.js';
import type { SimulatedClock } from '../clock/simulated-clock.js';

/** One process that does not exist. */
export interface SimulatedProcess {
  /** The plugin's side of an effect that the machine has begun. */
  handleEffect(effect: AnySimulatedEffect): void;
  /** Something befalls it now. */
  applyFault(applyFault: ProcessFault): void;
  /** It goes on after it hung, and says SERVING again. */
  recover(): void;
  isRunning(): boolean;
}

interface SimulatedProcessInput {
  /** The effect that asks for it. */
  readonly effect: SimulatedEffectOf<'process'>;
  readonly pid: number;
  readonly behaviour: ProcessBehaviour;
  readonly services: readonly SimulatedService[];
  readonly clock: SimulatedClock;
  readonly atDeadline: AtDeadline;
}

type StopRequest = NonNullable<ProcessBehaviour['ignores']>[number];

/**
 * A process that behaves so. Whatever it is asked it answers at once, or by the clock; so `born` hears of it before
 * anything is said.
 */
export function startSimulatedProcess(
  input: SimulatedProcessInput,
  onCreated: (process: SimulatedProcess) => void,
): void {
  const { effect, pid, behaviour, services, clock, atDeadline } = input;
  const channel = openInProcessChannel(`unix:/pretended/${pid}`, services, atDeadline);
  const connection = createSimulatedConnection(channel);
  const deferred: (() => void)[] = [];
  const watches = new Set<SimulatedEffectOf<'watch'>>();
  const timers = new Set<unknown>();
  let exists = false;
  let isFrozen = false;
  let probesLeft = behaviour.servesProbes ?? Infinity;
  const isRunning = (): boolean => exists && effect.isActive();

  const after = (ms: number, act: () => void): void => {
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
    exists = false;
    channel.end();
    for (const timer of timers) clock.clearTimeout(timer);
    effect.emit({
      type: 'process.exited',
      at: clock.now(),
      code: signal === undefined ? (code ?? 0) : null,
      signal: signal ?? null,
      diagnosis: 'The process is simulated; its test determines why it ended.',
      outOfMemory,
    });
  };
  const turn = (fault: ProcessFault): void => {
    if (!isRunning()) return;
    if (fault === 'hang') {
      isFrozen = true;
      channel.freeze();
    } else if (fault === 'stopServing') {
      probesLeft = 0;
      notifyWatches();
    } else end(fault);
  };
  const notifyWatches = (): void => {
    const event = probesLeft > 0 ? ({ type: 'watch.serving' } as const) : watchDenied();
    whenResponsive(() => {
      for (const watch of watches) if (watch.isActive()) watch.emit(event);
    });
  };
  const whenResponsive = (act: () => void): void => {
    if (isFrozen) deferred.push(act);
    else act();
  };
  const scheduleFault = (from: 'start' | 'healthy'): void => {
    const { scheduledFault } = behaviour;
    if (scheduledFault?.from !== from) return;
    after(scheduledFault.afterMs, () => {
      turn(scheduledFault.fault);
    });
  };
  const requestStop = (how: StopRequest, by: ProcessEnd): void => {
    const { ignores = [], stopMs = 0 } = behaviour;
    if (ignores.includes(how)) return;
    after(how === 'SIGKILL' ? 0 : stopMs, () => {
      end(by);
    });
  };
  const answersServing = (): boolean => {
    probesLeft -= 1;
    return probesLeft >= 0;
  };

  /** What it does by itself, unless it hangs. */
  const reply = (asked: AnySimulatedEffect): void => {
    if (!asked.isActive() || !isRunning()) return;
    switch (asked.name) {
      case 'handshake':
        for (const line of behaviour.prints ?? []) asked.emit({ type: 'handshake.noise', line });
        after(behaviour.startMs ?? 0, () => {
          if (asked.isActive())
            whenResponsive(() => {
              emitHandshake(asked, behaviour, pid);
            });
        });
        return;
      case 'dial':
        asked.emit(dialResult(behaviour, connection));
        return;
      case 'probe':
      case 'redial':
        asked.emit(
          answersServing() ? { type: 'probe.passed', ms: 0 } : { type: 'probe.failed', error: notServing() },
        );
        return;
      case 'watch':
        watches.add(asked);
        asked.emit(probesLeft > 0 ? { type: 'watch.serving' } : watchDenied());
        return;
      case 'onActivate':
        activate(asked, behaviour);
        if (behaviour.activationFailure === undefined) scheduleFault('healthy');
        return;
      case 'onDeactivate':
        asked.emit({ type: 'hook.returned', hooks: behaviour.hooks ?? null });
        return;
      case 'stdio':
        asked.emit({ type: 'stdio.opened' });
        return;
      case 'shutdown':
        asked.emit({ type: 'shutdown.requested' });
        requestStop('Shutdown', { code: 0 });
        return;
      case 'process':
      case 'pollProcess':
      case 'logs':
      case 'connection':
      case 'broker':
      case 'drain':
      case 'signal':
        // Nothing comes of these by itself.
        return;
    }
  };

  const start = (): void => {
    exists = true;
    effect.emit({ type: 'process.located', command: ['simulated'] });
    effect.emit({
      type: 'process.started',
      process: { pid, startedAt: clock.now(), stderrTail: () => '' },
    });
    scheduleFault('start');
  };
  onCreated({
    handleEffect(asked) {
      // Not even a process that hangs keeps the kernel from ending it, nor its host from counting calls.
      if (asked.name === 'signal') handleSignal(asked.detail);
      else if (asked.name === 'drain')
        connection.calls.whenIdle().subscribe(() => {
          if (asked.isActive()) asked.emit({ type: 'drain.finished' });
        });
      else
        whenResponsive(() => {
          reply(asked);
        });
    },
    applyFault: turn,
    recover() {
      if (!isRunning()) return;
      probesLeft = Infinity;
      isFrozen = false;
      for (const act of deferred.splice(0)) act();
      channel.thaw();
      notifyWatches();
    },
    isRunning,
  });
  const { spawnFails } = behaviour;
  if (spawnFails === undefined) start();
  else
    after(spawnFails.afterMs, () => {
      effect.emit({ type: 'process.failed', at: clock.now(), error: failure(spawnFails.code) });
    });

  function handleSignal(signal: string | null): void {
    if (signal === 'SIGKILL') requestStop('SIGKILL', { signal });
    else
      whenResponsive(() => {
        requestStop('SIGTERM', { signal: 'SIGTERM' });
      });
  }
}

function emitHandshake(
  asked: SimulatedEffectOf<'handshake'>,
  behaviour: ProcessBehaviour,
  pid: number,
): void {
  const { handshakeFails, protocolVersion: appVersion = 1 } = behaviour;
  if (handshakeFails !== undefined)
    asked.emit({ type: 'handshake.rejected', error: failure(handshakeFails, 'handshake') });
  else {
    const handshake = simulatedHandshake({ appVersion, address: `/pretended/${pid}` });
    asked.emit({ type: 'handshake.read', handshake });
  }
}

function dialResult({ refusesConnections = false }: ProcessBehaviour, channel: SimulatedConnection) {
  return refusesConnections
    ? ({ type: 'channel.refused', error: failure('CONNECT_FAILED', 'dial') } as const)
    : ({ type: 'channel.ready', channel } as const);
}

function activate(
  effect: SimulatedEffectOf<'onActivate'>,
  { activationFailure, hooks }: ProcessBehaviour,
): void {
  if (activationFailure === undefined) effect.emit({ type: 'hook.returned', hooks: hooks ?? null });
  else if (activationFailure !== null)
    effect.emit({ type: 'hook.failed', error: failure('HOOK_FAILED', 'hooks', activationFailure) });
}

function watchDenied() {
  return { type: 'watch.notServing', error: notServing() } as const;
}

function notServing(): PluginError {
  return failure('NOT_SERVING', 'health', 'The simulated plugin says NOT_SERVING.');
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
