import { PluginError } from '../../model/index.js';

/** What to say where a directory of bundles has none: most often it is the wrong directory. */
export function noBundles(dir: string): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `There is no bundle in ${dir}.`,
    hint: 'A bundle is a directory in it with a plugin.json, plugin.yaml or plugin.yml.',
  });
}
