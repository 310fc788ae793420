import { PluginError, type PluginErrorCode, type ReattachConfig } from '../model/index.js';
import type { AnyPretendedEffect, EffectName, PretendedEffect } from './pretended-effects.js';
import { pretendedChannel, pretendedHandshake, pretendedProcess } from './pretended-facts.js';

type Fact<Name extends EffectName> =
  Extract<AnyPretendedEffect, { readonly name: Name }> extends PretendedEffect<infer Found> ? Found : never;

const failure = (code: PluginErrorCode): PluginError => new PluginError({ code, message: code });

const handshake = pretendedHandshake();

const spawned = (): Fact<'process'> => ({
  type: 'process.started',
  process: pretendedProcess(4711, 0),
});
const found = (): Fact<'process'> => ({
  type: 'process.attached',
  process: pretendedProcess(4712, 0),
  handshake,
});
const notStarted = (code: PluginErrorCode) => (): Fact<'process'> => ({
  type: 'process.failed',
  at: 0,
  error: failure(code),
});

const checks: readonly (() => Fact<'probe'>)[] = [
  () => ({ type: 'probe.passed', ms: 1 }),
  () => ({ type: 'probe.failed', error: failure('NOT_SERVING') }),
  () => ({ type: 'probe.failed', error: failure('CALL_UNAVAILABLE') }),
];

/** What each effect can say, beginning with what it says when all goes well. */
const sayings: { readonly [Name in Exclude<EffectName, 'process'>]: readonly (() => Fact<Name>)[] } = {
  look: [() => ({ type: 'process.seen' }), () => ({ type: 'process.vanished' })],
  logs: [],
  handshake: [
    () => ({ type: 'handshake.read', handshake }),
    () => ({ type: 'handshake.noise', line: 'hello' }),
    () => ({ type: 'handshake.pending', text: '1|1|unix' }),
    () => ({ type: 'handshake.rejected', error: failure('HANDSHAKE_UNRECOGNIZED') }),
    () => ({ type: 'handshake.read', handshake: { ...handshake, multiplexed: true } }),
  ],
  dial: [
    () => ({ type: 'channel.ready', channel: pretendedChannel() }),
    () => ({ type: 'channel.refused', error: failure('CONNECT_FAILED') }),
    () => ({ type: 'channel.failed', error: failure('CERTIFICATE_INVALID') }),
  ],
  connection: [() => ({ type: 'channel.lost', error: failure('CONNECT_FAILED') })],
  probe: checks,
  redial: [...checks, () => ({ type: 'probe.failed', error: failure('CONNECT_FAILED') })],
  watch: [
    () => ({ type: 'watch.affirmed' }),
    () => ({ type: 'watch.denied', error: failure('NOT_SERVING') }),
    () => ({ type: 'watch.unavailable' }),
    () => ({ type: 'watch.broke' }),
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

const startings = [
  spawned,
  (): Fact<'process'> => ({ type: 'process.located', command: ['program'] }),
  notStarted('SPAWN_FAILED'),
  notStarted('EXECUTABLE_NOT_FOUND'),
];
const attachings = [found, notStarted('REATTACH_NOT_FOUND')];

/** How a process can end by itself or by a signal. */
export const possibleEnds: readonly { readonly code: number | null; readonly signal: string | null }[] = [
  { code: 0, signal: null },
  { code: 1, signal: null },
  { code: null, signal: 'SIGSEGV' },
  { code: null, signal: 'SIGKILL' },
];

/** What an effect can say now. A process that runs says nothing until it ends; an attached one is only looked at. */
export function possibleFacts(effect: AnyPretendedEffect, isRunning: boolean): readonly (() => object)[] {
  if (effect.name !== 'process') return sayings[effect.name];
  if (isRunning) return [];
  const { reattach } = effect.input as { readonly reattach?: ReattachConfig | null };
  return reattach ? attachings : startings;
}
