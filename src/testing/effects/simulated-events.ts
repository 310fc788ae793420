import type { ChannelHandle, ProcessHandle } from '../../machines/index.js';
import type { Handshake, PluginError } from '../../model/index.js';
import type { EffectSimulator } from './effect-simulator.js';

/** What a handshake line says, with what of it is to be another. */
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

/** A process, as far as a machine asks for it. `startedAt` in milliseconds since the epoch of the clock. */
export function simulatedProcessHandle(pid: number, startedAt: number, stderr = ''): ProcessHandle {
  return { pid, startedAt, stderrTail: () => stderr };
}

/** A connection, as far as a machine asks for it: nobody can call over it. */
export function simulatedChannel(address = 'unix:/simulated'): ChannelHandle {
  return { address, transport: 'plaintext', multiplexed: false };
}

/** Answers each step of a start with success, up to `healthy`. */
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

/** Ends the running process as the operating system would. */
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

/** Makes the running start fail as a spawn does. */
export function emitSpawnFailure(simulator: EffectSimulator, error: PluginError, plugin?: string): void {
  simulator.running('process', plugin).emit({ type: 'process.failed', at: simulator.effects.now(), error });
}
