import type { PluginErrorCode } from '../../model/index.js';
import type { ProcessBehaviour, ProcessEnd } from './process-behaviour.js';

/** It starts, serves, and exits on a stop request. */
export function behavesWell(): ProcessBehaviour {
  return {};
}

/** It takes so many milliseconds to start. */
export function startsIn(ms: number): ProcessBehaviour {
  return { startMs: ms };
}

/** Its process cannot be spawned. */
export function cannotBeSpawned(code: PluginErrorCode = 'SPAWN_FAILED'): ProcessBehaviour {
  return { spawnFails: { code, afterMs: 0 } };
}

/** It exits before its handshake, so many milliseconds after its spawn. */
export function exitsWith(code: number, afterMs = 0): ProcessBehaviour {
  return { startMs: Infinity, scheduledFault: { from: 'start', afterMs, fault: { code } } };
}

/** It never prints a handshake line, so the start deadline ends it. */
export function neverHandshakes(): ProcessBehaviour {
  return { startMs: Infinity };
}

/** It prints other lines instead of a handshake line, and runs on. */
export function printsGarbage(...lines: readonly string[]): ProcessBehaviour {
  return { prints: lines.length > 0 ? lines : ['hello, world'], startMs: Infinity };
}

/** Its handshake line is rejected with this error. */
export function failsHandshake(code: PluginErrorCode = 'CORE_VERSION_MISMATCH'): ProcessBehaviour {
  return { handshakeFails: code };
}

/** It prints a handshake line and accepts no connections. */
export function refusesConnections(): ProcessBehaviour {
  return { refusesConnections: true };
}

/** It answers health checks, always with NOT_SERVING. */
export function neverServes(): ProcessBehaviour {
  return { servesProbes: 0 };
}

/** Its `OnActivate` fails. */
export function failsToActivate(message = 'simulated'): ProcessBehaviour {
  return { activationFailure: message, hooks: ['OnActivate'] };
}

/** Its `OnActivate` never returns. */
export function hangsInActivate(): ProcessBehaviour {
  return { activationFailure: null, hooks: ['OnActivate'] };
}

/** It exits after it has been healthy for so many milliseconds. Default: exit code 1. */
export function crashesAfter(ms: number, end: ProcessEnd = { code: 1 }): ProcessBehaviour {
  return { scheduledFault: { from: 'healthy', afterMs: ms, fault: end } };
}

/** It hangs after it has been healthy for so many milliseconds; only SIGKILL ends it. */
export function hangsAfter(ms: number): ProcessBehaviour {
  return { scheduledFault: { from: 'healthy', afterMs: ms, fault: 'hang' } };
}

/** It starts, and hangs as soon as it is healthy. */
export function hangs(): ProcessBehaviour {
  return hangsAfter(0);
}

/** It answers so many health checks with SERVING, the first of its start included, and all later ones with NOT_SERVING. */
export function losesHealthAfter(probes: number): ProcessBehaviour {
  return { servesProbes: probes };
}

/** It ignores Shutdown and SIGTERM; only SIGKILL ends it. */
export function ignoresSigterm(): ProcessBehaviour {
  return { ignores: ['Shutdown', 'SIGTERM'] };
}

/** It ignores Shutdown; SIGTERM ends it. */
export function ignoresShutdown(): ProcessBehaviour {
  return { ignores: ['Shutdown'] };
}

/** SIGKILL does not end it, like a process in uninterruptible sleep; it is declared lost. */
export function cannotBeKilled(): ProcessBehaviour {
  return { ignores: ['Shutdown', 'SIGTERM', 'SIGKILL'] };
}

/** It exits so many milliseconds after a stop request. */
export function stopsIn(ms: number): ProcessBehaviour {
  return { stopMs: ms };
}
