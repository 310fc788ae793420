import type { AtDeadline } from '../../environment/index.js';
import { PluginError, type PluginErrorCode } from '../../model/index.js';
import type { ProcessBehaviour, ProcessEnd, ProcessFault } from './process-behaviour.js';
import { openInProcessChannel } from '../grpc/in-process-channel.js';
import type { SimulatedService } from '../grpc/in-process-server.js';
import { createSimulatedConnection, type SimulatedConnection } from './simulated-connection.js';
import type { AnySimulatedEffect, SimulatedEffectOf } from '../effects/effect-simulator.js';
import { simulatedHandshake } from '../effects/simulated-events.js';
import type { SimulatedClock } from '../clock/simulated-clock.js';

/** One simulated process. */
export interface SimulatedProcess {
  /** Reacts to an effect that the machine has started. */
  handleEffect(effect: AnySimulatedEffect): void;
  /** Applies a fault now. */
  applyFault(fault: ProcessFault): void;
  /** It responds again, and reports SERVING. */
  recover(): void;
  /** Whether it has started and not exited. */
  isRunning(): boolean;
}

interface SimulatedProcessInput {
  /** The effect that starts it. */
  readonly effect: SimulatedEffectOf<'process'>;
  readonly pid: number;
  readonly behaviour: ProcessBehaviour;
  readonly services: readonly SimulatedService[];
  readonly clock: SimulatedClock;
  readonly atDeadline: AtDeadline;
}

type StopRequest = NonNullable<ProcessBehaviour['ignores']>[number];

/**
 * Starts a process with this behaviour. It may emit events at once, so `onCreated` is called before the first of them.
 */
export function startSimulatedProcess(
  input: SimulatedProcessInput,
  onCreated: (process: SimulatedProcess) => void,
): void {
  const { effect, pid, behaviour, services, clock, atDeadline } = input;
  const deferred: (() => void)[] = [];
  let isHanging = false;
  const whenResponsive = (act: () => void): void => {
    if (isHanging) deferred.push(act);
    else act();
  };
  const channel = openInProcessChannel(`unix:/simulated/${pid}`, services, atDeadline, whenResponsive);
  const connection = createSimulatedConnection(channel);
  const watches = new Set<SimulatedEffectOf<'watch'>>();
  const timers = new Set<unknown>();
  let exists = false;
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
  const applyFault = (fault: ProcessFault): void => {
    if (!isRunning()) return;
    if (fault === 'hang') {
      isHanging = true;
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
  const scheduleFault = (from: 'start' | 'healthy'): void => {
    const { scheduledFault } = behaviour;
    if (scheduledFault?.from !== from) return;
    after(scheduledFault.afterMs, () => {
      applyFault(scheduledFault.fault);
    });
  };
  const requestStop = (request: StopRequest, result: ProcessEnd): void => {
    const { ignores = [], stopMs = 0 } = behaviour;
    if (ignores.includes(request)) return;
    after(request === 'SIGKILL' ? 0 : stopMs, () => {
      end(result);
    });
  };
  const answersServing = (): boolean => {
    probesLeft -= 1;
    return probesLeft >= 0;
  };

  /** Emits the events of an effect, unless the process hangs. */
  const reply = (started: AnySimulatedEffect): void => {
    if (!started.isActive() || !isRunning()) return;
    switch (started.name) {
      case 'handshake':
        for (const line of behaviour.prints ?? []) started.emit({ type: 'handshake.noise', line });
        after(behaviour.startMs ?? 0, () => {
          if (started.isActive())
            whenResponsive(() => {
              emitHandshake(started, behaviour, pid);
            });
        });
        return;
      case 'dial':
        started.emit(dialResult(behaviour, connection));
        return;
      case 'probe':
      case 'redial':
        started.emit(
          answersServing() ? { type: 'probe.passed', ms: 0 } : { type: 'probe.failed', error: notServing() },
        );
        return;
      case 'greet':
        started.emit({ type: 'greeting.received' });
        return;
      case 'watch':
        watches.add(started);
        started.emit(probesLeft > 0 ? { type: 'watch.serving' } : watchDenied());
        return;
      case 'onActivate':
        activate(started, behaviour);
        if (behaviour.activationFailure === undefined) scheduleFault('healthy');
        return;
      case 'onDeactivate':
        started.emit({ type: 'hook.returned', hooks: behaviour.hooks ?? null });
        return;
      case 'stdio':
        started.emit({ type: 'stdio.opened' });
        return;
      case 'shutdown':
        started.emit({ type: 'shutdown.requested' });
        requestStop('Shutdown', { code: 0 });
        return;
      case 'process':
      case 'pollProcess':
      case 'logs':
      case 'connection':
      case 'broker':
      case 'drain':
      case 'signal':
        // These emit nothing by themselves.
        return;
    }
  };

  const start = (): void => {
    exists = true;
    effect.emit({ type: 'process.located', command: ['simulated'] });
    effect.emit({
      type: 'process.started',
      process: { pid, startedAt: clock.now(), stderrTail: () => '', lastPrinted: () => null },
    });
    scheduleFault('start');
  };
  onCreated({
    handleEffect(started) {
      // SIGKILL and the count of calls do not need a responsive process.
      if (started.name === 'signal') handleSignal(started.detail);
      else if (started.name === 'drain')
        connection.calls.whenIdle().subscribe(() => {
          if (started.isActive()) started.emit({ type: 'drain.finished' });
        });
      else
        whenResponsive(() => {
          reply(started);
        });
    },
    applyFault,
    recover() {
      if (!isRunning()) return;
      probesLeft = Infinity;
      isHanging = false;
      for (const act of deferred.splice(0)) act();
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
  started: SimulatedEffectOf<'handshake'>,
  behaviour: ProcessBehaviour,
  pid: number,
): void {
  const { handshakeFails, protocolVersion: appVersion = 1 } = behaviour;
  if (handshakeFails !== undefined)
    started.emit({ type: 'handshake.rejected', error: failure(handshakeFails, 'handshake') });
  else {
    const handshake = simulatedHandshake({ appVersion, address: `/simulated/${pid}` });
    started.emit({ type: 'handshake.read', handshake });
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
  return failure('NOT_SERVING', 'health', 'The simulated plugin reports NOT_SERVING.');
}

function failure(
  code: PluginErrorCode,
  phase?: PluginError['phase'],
  message = `The simulated plugin fails with ${code}.`,
): PluginError {
  return new PluginError({
    code,
    phase,
    message,
    hint: 'The test specifies this failure. Give the plugin another behaviour if it is not intended.',
  });
}
