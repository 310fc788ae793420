import { PluginError } from '../../model/index.js';

/** One thing that is wrong with a manifest, and where. Lines and columns count from 1. */
export interface ManifestProblem {
  readonly line: number;
  readonly column: number;
  /** The field, for example `server.executable`; empty for the whole text. */
  readonly path: string;
  readonly message: string;
}

const maxListedProblems = 3;

/** All that is wrong with a manifest as one error; `plugin` is its id where that much could be read. */
export function manifestInvalidError(
  file: string,
  problems: readonly ManifestProblem[],
  hint: string,
  plugin?: string,
): PluginError {
  const listed = problems
    .slice(0, maxListedProblems)
    .map(({ line, column, path, message }) =>
      [`${file}:${line}:${column}:`, path, message].filter(Boolean).join(' '),
    );
  const more = problems.length - listed.length;
  return new PluginError({
    code: 'MANIFEST_INVALID',
    message: [...listed, ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
    hint,
    plugin,
    phase: 'manifest',
    facts: { file, problems },
  });
}
