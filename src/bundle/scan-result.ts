import type { Bundle, PluginError } from '../model/index.js';

/** What was found in one directory: a bundle that can be run, or the reason why it cannot. */
export type ScannedBundle =
  | { readonly ok: true; readonly id: string; readonly bundle: Bundle }
  | {
      readonly ok: false;
      /** The manifest's id where it could be read, else the directory's name, lower-cased. */
      readonly id: string;
      readonly directory: string;
      readonly error: PluginError;
    };
