import { PluginError, printableText } from '../../model/index.js';
import { coloursFor, type Colours } from '../output/colours.js';
import { errorText } from '../output/error-text.js';
import { createOutput } from '../output/output.js';
import { exitCode } from './exit-code.js';

/** The result of a command for one bundle. */
type Outcome =
  | { readonly outcome: 'failed'; readonly plugin: string; readonly error: PluginError }
  | { readonly outcome: string; readonly plugin: string };

type Failure = Extract<Outcome, { readonly error: PluginError }>;

/** The error of a directory without bundles, which is most often the wrong directory. */
export function noBundlesError(dir: string): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `There is no bundle in ${dir}.`,
    hint: 'A bundle is a subdirectory with a plugin.json, plugin.yaml or plugin.yml.',
  });
}

/** Prints the outcome of each bundle, as JSON or as text by `describe`, and returns the exit code. */
export function reportOutcomes<Each extends Outcome>(
  dir: string,
  outcomes: readonly Each[],
  json: boolean,
  describe: (outcome: Exclude<Each, Failure>, colours: Colours) => string,
): number {
  const colours = coloursFor(process.stdout, process.env);
  if (outcomes.length === 0)
    createOutput(process.stderr).print(
      errorText(noBundlesError(dir), coloursFor(process.stderr, process.env)),
    );
  const lineOf = (each: Each): string => {
    const text = isFailure(each)
      ? `${colours.error('failed')}\n${errorText(each.error, colours)}`
      : describe(each as Exclude<Each, Failure>, colours);
    return `${printableText(each.plugin)}  ${text}`;
  };
  const output = createOutput(process.stdout);
  for (const each of outcomes) output.print(json ? JSON.stringify(each) : lineOf(each));
  return outcomes.some(isFailure) ? exitCode.failed : exitCode.ok;
}

function isFailure(outcome: Outcome): outcome is Failure {
  return 'error' in outcome;
}
