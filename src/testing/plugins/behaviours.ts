import type { PluginErrorCode } from '../../model/index.js';
import type { ProcessBehaviour, ProcessEnd } from './process-behaviour.js';

/** It starts, serves, and ends when it is asked to. */
export function behavesWell(): ProcessBehaviour {
  return {};
}

/** It needs so many milliseconds to start. */
export function startsIn(ms: number): ProcessBehaviour {
  return { startMs: ms };
}

/** There is never a process: its program is missing, or cannot be run. */
export function cannotBeSpawned(code: PluginErrorCode = 'SPAWN_FAILED'): ProcessBehaviour {
  return { spawnFails: { code, afterMs: 0 } };
}

/** It exits in the place of starting, so many milliseconds after it was started. */
export function exitsWith(code: number, afterMs = 0): ProcessBehaviour {
  return { startMs: Infinity, scheduledFault: { from: 'start', afterMs, fault: { code } } };
}

/** It runs, and never says where it can be reached: the start limit ends it. */
export function neverHandshakes(): ProcessBehaviour {
  return { startMs: Infinity };
}

/** It prints a line in the place of its handshake line, and goes on. */
export function printsGarbage(...lines: readonly string[]): ProcessBehaviour {
  return { prints: lines.length > 0 ? lines : ['hello, world'], startMs: Infinity };
}

/** Its handshake line is rejected: another core version or application version, a certificate that is none. */
export function failsHandshake(code: PluginErrorCode = 'CORE_VERSION_MISMATCH'): ProcessBehaviour {
  return { handshakeFails: code };
}

/** It says where it can be reached, and takes no connections there. */
export function refusesConnections(): ProcessBehaviour {
  return { refusesConnections: true };
}

/** It answers, and never says that it is SERVING. */
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

/** It ends by itself when it has been healthy for so many milliseconds. */
export function crashesAfter(ms: number, end: ProcessEnd = { code: 1 }): ProcessBehaviour {
  return { scheduledFault: { from: 'healthy', afterMs: ms, fault: end } };
}

/** It stops to do anything at all when it has been healthy for so many milliseconds: only SIGKILL ends it. */
export function hangsAfter(ms: number): ProcessBehaviour {
  return { scheduledFault: { from: 'healthy', afterMs: ms, fault: 'hang' } };
}

/** It starts, and does nothing more from then on. */
export function hangs(): ProcessBehaviour {
  return hangsAfter(0);
}

/** It says SERVING so many times when it is asked, the question of its start among them, and NOT_SERVING from then on. */
export function losesHealthAfter(probes: number): ProcessBehaviour {
  return { servesProbes: probes };
}

/** Neither a request to end nor SIGTERM ends it; SIGKILL does. */
export function ignoresSigterm(): ProcessBehaviour {
  return { ignores: ['Shutdown', 'SIGTERM'] };
}

/** A request to end does not end it, as it has no controller or does not listen; SIGTERM does. */
export function ignoresShutdown(): ProcessBehaviour {
  return { ignores: ['Shutdown'] };
}

/** Not even SIGKILL ends it, as for a process that waits for a disk: it is given up as lost. */
export function cannotBeKilled(): ProcessBehaviour {
  return { ignores: ['Shutdown', 'SIGTERM', 'SIGKILL'] };
}

/** Its end takes so many milliseconds after it was asked to. */
export function stopsIn(ms: number): ProcessBehaviour {
  return { stopMs: ms };
}
