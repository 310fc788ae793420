import type { ChannelHandle, ProcessHandle } from '../../machines/index.js';
import type { Handshake, PluginError } from '../../model/index.js';
import type { EffectSimulator } from './effect-simulator.js';

/** A parsed handshake line, with some of its fields replaced. */
export function simulatedHandshake(line: Partial<Handshake> = {}): Handshake {
  return {
    coreVersion: 1,
    appVersion: 1,
    network: 'unix',
    address: '/simulated',
    protocol: 'grpc',
    certificate: null,
    multiplexed: false,
    ...line,
  };
}

/** The handle of a process. `startedAt`: in milliseconds since the epoch of the clock. */
export function simulatedProcessHandle(pid: number, startedAt: number, stderr = ''): ProcessHandle {
  return { pid, startedAt, stderrTail: () => stderr, lastPrinted: () => null };
}

/** The handle of a connection that carries no calls. */
export function simulatedChannel(address = 'unix:/simulated'): ChannelHandle {
  return { address, transport: 'plaintext', multiplexed: false };
}

/** Emits a success for each step of a start, up to `healthy`. */
export function completeStart(
  simulator: EffectSimulator,
  plugin?: string,
  pid = 4711,
  line: Partial<Handshake> = {},
): void {
  simulator.running('process', plugin).emit({
    type: 'process.started',
    process: simulatedProcessHandle(pid, simulator.effects.now()),
  });
  simulator.running('handshake', plugin).emit({
    type: 'handshake.read',
    handshake: simulatedHandshake(line),
  });
  simulator.running('dial', plugin).emit({ type: 'channel.ready', channel: simulatedChannel() });
  simulator.running('stdio', plugin).emit({ type: 'stdio.opened' });
  simulator.running('probe', plugin).emit({ type: 'probe.passed', ms: 1 });
  simulator.running('onActivate', plugin).emit({ type: 'hook.returned', hooks: null });
}

/** Emits the exit of the running process. */
export function emitExit(
  simulator: EffectSimulator,
  end: { code?: number; signal?: string },
  plugin?: string,
): void {
  simulator.running('process', plugin).emit({
    type: 'process.exited',
    at: simulator.effects.now(),
    code: end.code ?? null,
    signal: end.signal ?? null,
    diagnosis: 'simulated',
  });
}

/** Emits the failure of the running spawn. */
export function emitSpawnFailure(simulator: EffectSimulator, error: PluginError, plugin?: string): void {
  simulator.running('process', plugin).emit({ type: 'process.failed', at: simulator.effects.now(), error });
}
