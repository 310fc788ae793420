import {
  prepareBundle,
  scanBundles,
  type PrepareOptions,
  type PrepareOutcome,
  type PrepareProgress,
} from '../../effects/index.js';
import { toPluginError, type PluginError } from '../../model/index.js';
import { createErrorBoundaries } from '../callbacks/error-boundary.js';

/** The result of preparing one bundle. */
export type PrepareResult =
  PrepareOutcome | { readonly outcome: 'failed'; readonly plugin: string; readonly error: PluginError };

/**
 * Creates the virtual environment of each Python bundle in a directory and installs its requirements, one bundle after
 * the other; a failed bundle does not stop the rest. A bundle that has not changed since is left as it is.
 *
 * @throws PluginError CONFIG_INVALID when the directory cannot be read.
 */
export async function prepareBundles(
  directory: string,
  report: (progress: PrepareProgress) => void,
  options: PrepareOptions = {},
): Promise<readonly PrepareResult[]> {
  const outcomes: PrepareResult[] = [];
  const boundary = createErrorBoundaries(() => undefined)('report');
  // It may be asynchronous against its type.
  const untyped: (progress: PrepareProgress) => unknown = report;
  const reportGuarded = (progress: PrepareProgress): void => {
    boundary.call((): unknown => untyped(progress));
  };
  for (const found of await scanBundles(directory, {})) {
    try {
      if (!found.ok) throw found.error;
      outcomes.push(await prepareBundle(found.bundle, reportGuarded, options));
    } catch (thrown) {
      outcomes.push({
        outcome: 'failed',
        plugin: found.id,
        error: toPluginError(thrown, { plugin: found.id }),
      });
    }
    if (options.signal?.aborted === true) break;
  }
  return outcomes;
}
