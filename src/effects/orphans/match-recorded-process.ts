import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tokenVariable } from '../../go-plugin/index.js';
import type { ProcessRecord, ReattachConfig } from '../../model/index.js';
import { identifyProcess } from '../process/process-identity.js';
import { endpointOf } from '../socket/open-socket.js';

/**
 * Whether a recorded process still is who it was: by its pid, its start time, and the token in its environment. Where
 * the start time cannot be compared, or another user's environment not be read, it is a stranger.
 */
export async function matchRecordedProcess(
  record: ProcessRecord | null,
): Promise<'none' | 'gone' | 'different' | 'same'> {
  if (record === null) return 'none';
  const { pid, startTime, token } = record;
  const found = identifyProcess(pid);
  if (found === null) return 'gone';
  if (startTime === null || found.startTime !== startTime) return 'different';
  if (token === null || process.platform !== 'linux') return 'same';
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${tokenVariable}=${token}`) ? 'same' : 'different';
}

/** Whether somebody takes connections at an address. It is asked of the system only, so the answer is at hand. */
export function acceptsConnections({ addr }: ReattachConfig): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(endpointOf({ network: addr.network, address: addr.string }));
    const answer = (takes: boolean) => () => {
      socket.destroy();
      resolve(takes);
    };
    socket.once('connect', answer(true));
    socket.on('error', answer(false));
  });
}
