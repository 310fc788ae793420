import { readlinkSync, statSync } from 'node:fs';
import { tokenVariable } from '../../go-plugin/index.js';
import type { ProcessRecord, ReattachConfig } from '../../model/index.js';
import { readSmallText } from '../files/read-small-file.js';
import { identifyProcess } from '../process/process-identity.js';
import { openSocket } from '../socket/open-socket.js';

/** Who a process is, apart from its pid and start time. `null` where the system does not tell. */
export interface ProcessOrigin {
  /** The id of its user. */
  readonly user: number | null;
  /** The absolute path of its program's file. */
  readonly executable: string | null;
}

/** Reads the origin of a process. Both are `null` but on Linux, and where it has ended. */
export function processOrigin(pid: number): ProcessOrigin {
  if (process.platform !== 'linux') return { user: null, executable: null };
  return {
    user: orNull(() => statSync(`/proc/${pid}`).uid),
    // An update of the program replaces its file while it runs.
    executable: orNull(() => readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '')),
  };
}

function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/**
 * Whether a recorded process still runs: `same` only if its start time, its user, its program and the token in its
 * environment are all as recorded. What cannot be read or was not recorded does not agree. Elsewhere than on Linux only
 * the start time is known.
 */
export async function matchRecordedProcess(
  record: ProcessRecord | null,
): Promise<'none' | 'gone' | 'different' | 'same'> {
  if (record === null) return 'none';
  const { pid, startTime, token } = record;
  const found = identifyProcess(pid);
  if (found === null) return 'gone';
  if (startTime === null || found.startTime !== startTime) return 'different';
  if (process.platform !== 'linux') return 'same';
  if (!hasSameOrigin(record)) return 'different';
  // A process that another program started and this host attached to has no token.
  if (token === null) return 'same';
  const environment = await readSmallText(`/proc/${pid}/environ`).catch(() => '');
  return environment.split('\0').includes(`${tokenVariable}=${token}`) ? 'same' : 'different';
}

function hasSameOrigin(record: ProcessRecord): boolean {
  const { user, executable } = processOrigin(record.pid);
  if (user === null || user !== record.user) return false;
  // During its start a process executes one program after another. It cannot be adopted then.
  return record.reattach === null || (executable !== null && executable === record.executable);
}

/** Whether a process accepts connections at an address. The kernel answers, also for a process that hangs. */
export function acceptsConnections({ addr }: ReattachConfig): Promise<boolean> {
  return new Promise((resolve) => {
    openSocket({ network: addr.network, address: addr.string }).subscribe({
      next(socket) {
        socket.on('error', () => undefined).destroy();
        resolve(true);
      },
      error() {
        resolve(false);
      },
    });
  });
}
