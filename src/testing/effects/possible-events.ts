import { PluginError, type PluginErrorCode, type ReattachConfig } from '../../model/index.js';
import type { AnySimulatedEffect, EffectName, SimulatedEffect } from './effect-simulator.js';
import { simulatedChannel, simulatedHandshake, simulatedProcessHandle } from './simulated-events.js';

type EffectEvent<Name extends EffectName> =
  Extract<AnySimulatedEffect, { readonly name: Name }> extends SimulatedEffect<infer Found> ? Found : never;

const failure = (code: PluginErrorCode): PluginError => new PluginError({ code, message: code });

const handshake = simulatedHandshake();

const spawned = (): EffectEvent<'process'> => ({
  type: 'process.started',
  process: simulatedProcessHandle(4711, 0),
});
const attached = (): EffectEvent<'process'> => ({
  type: 'process.attached',
  process: simulatedProcessHandle(4712, 0),
  handshake,
});
const startFailed = (code: PluginErrorCode) => (): EffectEvent<'process'> => ({
  type: 'process.failed',
  at: 0,
  error: failure(code),
});

const probeResponses: readonly (() => EffectEvent<'probe'>)[] = [
  () => ({ type: 'probe.passed', ms: 1, source: 'plugin' }),
  () => ({ type: 'probe.failed', error: failure('NOT_SERVING') }),
  () => ({ type: 'probe.failed', error: failure('CALL_UNAVAILABLE'), grpcCode: 14 }),
  () => ({ type: 'probe.failed', error: failure('CALL_UNAVAILABLE'), grpcCode: 8 }),
];

/** The events that each effect can emit; the first one is that of a success. */
const responses: { readonly [Name in Exclude<EffectName, 'process'>]: readonly (() => EffectEvent<Name>)[] } =
  {
    pollProcess: [() => ({ type: 'process.alive' }), () => ({ type: 'process.gone' })],
    logs: [],
    handshake: [
      () => ({ type: 'handshake.read', handshake }),
      () => ({ type: 'handshake.noise', line: 'hello' }),
      () => ({ type: 'handshake.partialLine', text: '1|1|unix' }),
      () => ({ type: 'handshake.rejected', error: failure('HANDSHAKE_UNRECOGNIZED') }),
      () => ({ type: 'handshake.read', handshake: { ...handshake, multiplexed: true } }),
    ],
    dial: [
      () => ({ type: 'channel.ready', channel: simulatedChannel() }),
      () => ({ type: 'channel.refused', error: failure('CONNECT_FAILED') }),
      () => ({ type: 'channel.failed', error: failure('CERTIFICATE_INVALID') }),
    ],
    connection: [() => ({ type: 'channel.lost', error: failure('CONNECT_FAILED') })],
    probe: probeResponses,
    redial: [...probeResponses, () => ({ type: 'probe.failed', error: failure('CONNECT_FAILED') })],
    greet: [() => ({ type: 'greeting.received' }), () => ({ type: 'greeting.failed' })],
    watch: [
      () => ({ type: 'watch.serving' }),
      () => ({ type: 'watch.notServing', error: failure('NOT_SERVING') }),
      () => ({ type: 'watch.unavailable' }),
      () => ({ type: 'watch.ended' }),
    ],
    onActivate: [
      () => ({ type: 'hook.returned', hooks: ['OnActivate', 'OnDeactivate'] }),
      () => ({ type: 'hook.returned', hooks: null }),
      () => ({ type: 'hook.failed', error: failure('HOOK_FAILED') }),
    ],
    onDeactivate: [
      () => ({ type: 'hook.returned', hooks: ['OnDeactivate'] }),
      () => ({ type: 'hook.failed', error: failure('HOOK_FAILED') }),
    ],
    stdio: [() => ({ type: 'stdio.opened' }), () => ({ type: 'stdio.unavailable' })],
    broker: [],
    drain: [() => ({ type: 'drain.finished' })],
    shutdown: [() => ({ type: 'shutdown.requested' }), () => ({ type: 'shutdown.unsupported' })],
    signal: [],
  };

const startResponses = [
  spawned,
  (): EffectEvent<'process'> => ({ type: 'process.located', command: ['program'] }),
  startFailed('SPAWN_FAILED'),
  startFailed('EXECUTABLE_NOT_FOUND'),
];
const attachResponses = [attached, startFailed('REATTACH_NOT_FOUND')];

/** How a process can exit, by itself or by a signal. */
export const possibleExits: readonly { readonly code: number | null; readonly signal: string | null }[] = [
  { code: 0, signal: null },
  { code: 1, signal: null },
  { code: null, signal: 'SIGSEGV' },
  { code: null, signal: 'SIGKILL' },
];

/** The events that an effect can emit now. A running process emits nothing until it exits. */
export function possibleEvents(effect: AnySimulatedEffect, isRunning: boolean): readonly (() => object)[] {
  if (effect.name !== 'process') return responses[effect.name];
  if (isRunning) return [];
  const { reattach } = effect.input as { readonly reattach?: ReattachConfig | null };
  return reattach ? attachResponses : startResponses;
}
