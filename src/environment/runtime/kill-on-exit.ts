import type { ActorRefFrom } from 'xstate';
import type { RunningProcess, SocketDirectories } from '../../effects/index.js';
import { maySignal, type PluginMachine } from '../../machines/index.js';

/**
 * If the host ends without a shutdown (process.exit, an uncaught exception), the plugins end with it: nothing
 * asynchronous runs any more at that point, so they are killed. A signal that nobody handles skips this; see
 * docs/embedding.md.
 */
export function killOnExit(
  plugins: () => readonly ActorRefFrom<PluginMachine>[],
  sockets: SocketDirectories,
) {
  const kill = (): void => {
    for (const plugin of plugins()) {
      const { context } = plugin.getSnapshot();
      if (maySignal(context)) (context.process as RunningProcess | null)?.signal('SIGKILL');
    }
    sockets.removeAll();
  };
  process.once('exit', kill);
  return { killAll: kill, release: () => process.off('exit', kill) };
}
