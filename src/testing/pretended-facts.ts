import type { ChannelHandle, ProcessHandle } from '../machines/index.js';
import type { Handshake, PluginError } from '../model/index.js';
import type { PretendedWorld } from './pretended-effects.js';

/** What a handshake line says, with what of it is to be another. */
export function pretendedHandshake(line: Partial<Handshake> = {}): Handshake {
  return {
    coreVersion: 1,
    appVersion: 1,
    network: 'unix',
    address: '/pretended',
    protocol: 'grpc',
    certificate: null,
    multiplexed: false,
    ...line,
  };
}

/** A process, as far as a machine asks for it. `startedAt` in milliseconds since the epoch of the clock. */
export function pretendedProcess(pid: number, startedAt: number, stderr = ''): ProcessHandle {
  return { pid, startedAt, stderrTail: () => stderr };
}

/** A connection, as far as a machine asks for it: nobody can call over it. */
export function pretendedChannel(address = 'unix:/pretended'): ChannelHandle {
  return { address, transport: 'plaintext', multiplexed: false };
}

/** Answers each step of a start with success, up to `healthy`. */
export function startWell(
  world: PretendedWorld,
  plugin?: string,
  pid = 4711,
  line: Partial<Handshake> = {},
): void {
  world.running('process', plugin).say({
    type: 'process.started',
    process: pretendedProcess(pid, world.effects.now()),
  });
  world.running('handshake', plugin).say({
    type: 'handshake.read',
    handshake: pretendedHandshake(line),
  });
  world.running('dial', plugin).say({ type: 'channel.ready', channel: pretendedChannel() });
  world.running('stdio', plugin).say({ type: 'stdio.opened' });
  world.running('probe', plugin).say({ type: 'probe.passed', ms: 1 });
  world.running('onActivate', plugin).say({ type: 'hook.returned', hooks: null });
}

/** Ends the running process as the operating system would. */
export function exit(world: PretendedWorld, end: { code?: number; signal?: string }, plugin?: string): void {
  world.running('process', plugin).say({
    type: 'process.exited',
    at: world.effects.now(),
    code: end.code ?? null,
    signal: end.signal ?? null,
    diagnosis: 'pretended',
  });
}

/** Makes the running start fail as a spawn does. */
export function failToSpawn(world: PretendedWorld, error: PluginError, plugin?: string): void {
  world.running('process', plugin).say({ type: 'process.failed', at: world.effects.now(), error });
}
