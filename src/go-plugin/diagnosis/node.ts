import { onStderr } from './facts.js';
import type { Diagnosis } from './facts.js';
import { quoteText } from '../visible-text.js';

/** Causes that Node prints before it exits. */
export const nodeDiagnoses: readonly Diagnosis[] = [
  onStderr(/Cannot find (?:module|package) '([^'\n]+)'/, ([, name = '']) =>
    isPath(name)
      ? `Node cannot find the file ${quoteText(name)}: build the plugin, or correct server.executable in the manifest.`
      : `Node cannot find the package ${quoteText(name)}: install the plugin's dependencies with npm in its directory.`,
  ),
  onStderr(
    /Cannot use import statement outside a module|Unexpected token 'export'|(?:require|exports|module) is not defined in ES module scope/,
    () =>
      'Node took the script for the wrong kind of module: name it .mjs or .cjs, or set "type" in the plugin\'s package.json.',
  ),
  (facts) => (facts.runtime === 'node' ? nodeSyntaxError(facts) : null),
];

const nodeSyntaxError = onStderr(
  /^SyntaxError: ([^\n]+)$/m,
  ([, problem = '']) =>
    `Node cannot parse the plugin (SyntaxError: ${quoteText(problem)}): correct the place shown on its stderr, or run it with a newer Node.`,
);

function isPath(name: string): boolean {
  return /^(?:[./\\]|[A-Za-z]:[\\/]|file:)/.test(name);
}
