import { printableText } from '../model/index.js';

/** How many characters of a plugin's text go into a message by default. */
export const quoteLimit = 200;

/**
 * Text of a plugin that is safe to print in a message: at most `limit` characters, with every control character, quote
 * and backslash escaped.
 */
export function visibleText(text: string, limit: number = quoteLimit): string {
  const cut = text.length > limit;
  const shown = cut ? text.slice(0, limit) : text;
  return printableText(JSON.stringify(shown).slice(1, -1)) + (cut ? '…' : '');
}

/** {@link visibleText} between double quotes. */
export function quoteText(text: string, limit: number = quoteLimit): string {
  return `"${visibleText(text, limit)}"`;
}
