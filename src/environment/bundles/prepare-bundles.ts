import {
  prepareBundle,
  scanBundles,
  type PrepareOptions,
  type PrepareOutcome,
  type PrepareProgress,
} from '../../effects/index.js';
import { isPluginError, messageOf, PluginError } from '../../model/index.js';

/** What became of one bundle. */
export type PrepareResult =
  PrepareOutcome | { readonly outcome: 'failed'; readonly plugin: string; readonly error: PluginError };

/**
 * Makes the virtual environment of each Python bundle in a directory and installs its requirements, one after the
 * other. A bundle that fails does not keep the others from being prepared. Run again, it does nothing.
 *
 * @throws PluginError CONFIG_INVALID when the directory cannot be read.
 */
export async function prepareBundles(
  directory: string,
  report: (progress: PrepareProgress) => void,
  options: PrepareOptions = {},
): Promise<readonly PrepareResult[]> {
  const outcomes: PrepareResult[] = [];
  for (const found of await scanBundles(directory, {})) {
    try {
      if (!found.ok) throw found.error;
      outcomes.push(await prepareBundle(found.bundle, report, options));
    } catch (thrown) {
      outcomes.push({ outcome: 'failed', plugin: found.id, error: asPluginError(found.id, thrown) });
    }
    if (options.signal?.aborted === true) break;
  }
  return outcomes;
}

function asPluginError(plugin: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  return new PluginError({ code: 'INTERNAL', plugin, message: messageOf(thrown), cause: thrown });
}
