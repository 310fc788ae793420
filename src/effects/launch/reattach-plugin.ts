import { map, type Observable } from 'rxjs';
import type { PollEvent, ProcessEvent } from '../../machines/effects.js';
import type { ReattachConfig } from '../../model/index.js';
import { removeInheritedDirectory } from '../orphans/inherited-directory.js';
import type { Runner } from '../process/runner.js';
import type { PluginProtocol } from '../protocol/plugin-protocol.js';
import type { SocketDirectories } from '../socket/socket-directory.js';
import type { PluginProcess } from './plugin-process.js';

/** What reattaching a plugin needs beside its configuration. */
export interface ReattachPluginInput {
  readonly runner: Runner;
  readonly protocol: Pick<PluginProtocol, 'reattachHandshake'>;
  readonly sockets: SocketDirectories;
  /** The directory that an earlier host made for this process, by its pid; `null`: none. */
  readonly inheritedDirectory: (pid: number) => string | null;
  readonly now: () => number;
}

/**
 * Attaches to a process that runs already. Unsubscribing leaves it alone; only when it has ended is the directory removed
 * that an earlier host made for it.
 */
export function reattachPlugin(
  config: ReattachConfig,
  { runner, protocol, sockets, inheritedDirectory, now }: ReattachPluginInput,
): Observable<ProcessEvent> {
  const inherited = inheritedDirectory(config.pid);
  return runner.reattach(config, inherited).pipe(
    map((event): ProcessEvent => {
      if (event.type === 'started') {
        const { process } = event;
        const directory = sockets.make();
        process.scope.add(directory.remove);
        process.scope.add(() => {
          if (inherited !== null && !process.isRunning()) void removeInheritedDirectory(inherited);
        });
        const attached: PluginProcess = {
          ...process,
          lastPrinted: () => null,
          identity: null,
          token: null,
          sockets: directory,
        };
        return { type: 'process.attached', process: attached, handshake: protocol.reattachHandshake(config) };
      }
      return { type: 'process.failed', at: now(), error: event.error };
    }),
  );
}

/** Polls once whether a process that was reattached still runs: the system does not report its exit to this host. */
export function pollProcess({ isRunning }: Pick<PluginProcess, 'isRunning'>): PollEvent {
  return { type: isRunning() ? 'process.alive' : 'process.gone' };
}
