import { realpath } from 'node:fs/promises';
import { isPluginError, PluginError, type Bundle } from '../../model/index.js';
import { resolveEntry } from './entry.js';
import { findInterpreter } from './find-interpreter.js';
import { unreadable } from './manifest-file.js';
import { isExecutableFile, type HostEnv } from '../process/search-path.js';

/** What to start, and how. */
export interface LocatedCommand {
  /** An absolute path. */
  readonly command: string;
  readonly args: string[];
  /** The bundle. */
  readonly cwd: string;
  /** The absolute path of the Python or Node that runs the script; `null` for an executable. */
  readonly interpreter: string | null;
  /** What the runtime needs; the manifest's own `env` is not in it. */
  readonly env: Record<string, string>;
}

/** What `locateCommand` needs to know of the machine and the process of the host. */
export interface LocateHost {
  readonly env: HostEnv;
  readonly platform: string;
  /** The Node that runs Node plugins. */
  readonly execPath: string;
}

/**
 * Finds what starts a bundle. Rejects with a PluginError. The entry is looked at again, as a bundle may have
 * been changed since it was scanned.
 */
export async function locateCommand(bundle: Bundle, host: LocateHost): Promise<LocatedCommand> {
  const entry = await findEntry(bundle);
  const cwd = bundle.directory;
  const stated = bundle.manifest.server.args ?? [];
  switch (bundle.runtime) {
    case 'python': {
      const interpreter = await findInterpreter(bundle, host.env, host.platform);
      // Python buffers what it writes to a pipe: without -u the handshake line stays there and the start times out.
      // The variable says the same to the Pythons that the plugin starts itself.
      return {
        command: interpreter,
        args: ['-u', entry, ...stated],
        cwd,
        interpreter,
        env: { PYTHONUNBUFFERED: '1' },
      };
    }
    case 'node':
      return { command: host.execPath, args: [entry, ...stated], cwd, interpreter: host.execPath, env: {} };
    case 'executable':
      if (!(await isExecutableFile(entry))) throw notExecutable(bundle, entry);
      return { command: entry, args: [...stated], cwd, interpreter: null, env: {} };
  }
}

async function findEntry(bundle: Bundle): Promise<string> {
  try {
    return await resolveEntry(await realpath(bundle.directory), bundle.entry);
  } catch (thrown) {
    const error = isPluginError(thrown)
      ? thrown
      : unreadable(bundle.directory, thrown).with({ code: 'EXECUTABLE_NOT_FOUND' });
    throw error.with({ plugin: bundle.manifest.id, phase: 'interpreter' });
  }
}

function notExecutable(bundle: Bundle, path: string): PluginError {
  return new PluginError({
    // Not SPAWN_FAILED, which is tried again: this needs a person.
    code: 'EXECUTABLE_NOT_FOUND',
    message: `${bundle.entry} is not executable.`,
    hint: `Make it executable: chmod +x ${path}`,
    plugin: bundle.manifest.id,
    phase: 'interpreter',
    facts: { path },
  });
}
