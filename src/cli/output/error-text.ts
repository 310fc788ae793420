import { isPluginError, messageOf, printableLines, printableText } from '../../model/index.js';
import type { Colours } from './colours.js';

/** How many lines of stderr are printed with an error. */
const tailLines = 12;

/** An error as text: code and message, the last lines of stderr, and the hint. Printable but for its colours. */
export function errorText(thrown: unknown, colours: Colours): string {
  if (!isPluginError(thrown))
    return colours.error(printableLines((thrown as Partial<Error> | null)?.stack ?? messageOf(thrown)));
  const lines = [`${colours.error(thrown.code)}: ${printableLines(thrown.message)}`];
  const tail = thrown.facts['stderrTail'];
  if (typeof tail === 'string' && tail.trim() !== '') {
    const last = tail.trimEnd().split('\n').slice(-tailLines);
    lines.push(
      colours.dim('the last lines of stderr:'),
      ...last.map((line) => colours.dim(`  ${printableText(line)}`)),
    );
  }
  if (thrown.hint !== undefined) lines.push(`${colours.bold('hint')}: ${printableLines(thrown.hint)}`);
  return lines.join('\n');
}
