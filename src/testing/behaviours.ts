import type { PluginErrorCode } from '../model/index.js';
import type { Conduct, ProcessEnd } from './conduct.js';

/** It starts, serves, and ends when it is asked to. */
export function behavesWell(): Conduct {
  return {};
}

/** It needs so many milliseconds to start. */
export function startsIn(ms: number): Conduct {
  return { startMs: ms };
}

/** There is never a process: its program is missing, or cannot be run. */
export function cannotBeSpawned(code: PluginErrorCode = 'SPAWN_FAILED'): Conduct {
  return { spawnFails: { code, afterMs: 0 } };
}

/** It exits in the place of starting, so many milliseconds after it was started. */
export function exitsWith(code: number, afterMs = 0): Conduct {
  return { startMs: Infinity, fate: { from: 'start', afterMs, turn: { code } } };
}

/** It runs, and never says where it can be reached: the start limit ends it. */
export function neverHandshakes(): Conduct {
  return { startMs: Infinity };
}

/** It prints a line in the place of its handshake line, and goes on. */
export function printsGarbage(...lines: readonly string[]): Conduct {
  return { prints: lines.length > 0 ? lines : ['hello, world'], startMs: Infinity };
}

/** Its handshake line is rejected: another core version or application version, a certificate that is none. */
export function isRejected(code: PluginErrorCode = 'CORE_VERSION_MISMATCH'): Conduct {
  return { handshakeFails: code };
}

/** It says where it can be reached, and takes no connections there. */
export function refusesConnections(): Conduct {
  return { refusesConnections: true };
}

/** It answers, and never says that it is SERVING. */
export function neverServes(): Conduct {
  return { servesProbes: 0 };
}

/** Its `OnActivate` fails. */
export function failsToActivate(message = 'pretended'): Conduct {
  return { activation: message, hooks: ['OnActivate'] };
}

/** Its `OnActivate` never returns. */
export function hangsInActivate(): Conduct {
  return { activation: null, hooks: ['OnActivate'] };
}

/** It ends by itself when it has been healthy for so many milliseconds. */
export function crashesAfter(ms: number, end: ProcessEnd = { code: 1 }): Conduct {
  return { fate: { from: 'healthy', afterMs: ms, turn: end } };
}

/** It stops to do anything at all when it has been healthy for so many milliseconds: only SIGKILL ends it. */
export function hangsAfter(ms: number): Conduct {
  return { fate: { from: 'healthy', afterMs: ms, turn: 'hang' } };
}

/** It starts, and does nothing more from then on. */
export function hangs(): Conduct {
  return hangsAfter(0);
}

/** It says SERVING so many times when it is asked, the question of its start among them, and NOT_SERVING from then on. */
export function losesHealthAfter(probes: number): Conduct {
  return { servesProbes: probes };
}

/** Neither a request to end nor SIGTERM ends it; SIGKILL does. */
export function ignoresSigterm(): Conduct {
  return { ignores: ['Shutdown', 'SIGTERM'] };
}

/** A request to end does not end it, as it has no controller or does not listen; SIGTERM does. */
export function ignoresShutdown(): Conduct {
  return { ignores: ['Shutdown'] };
}

/** Not even SIGKILL ends it, as for a process that waits for a disk: it is given up as lost. */
export function cannotBeKilled(): Conduct {
  return { ignores: ['Shutdown', 'SIGTERM', 'SIGKILL'] };
}

/** Its end takes so many milliseconds after it was asked to. */
export function stopsIn(ms: number): Conduct {
  return { stopMs: ms };
}
