/** How many characters of a plugin's text go into a message by default. */
export const quoteLimit = 200;

// JSON does not escape these, but a terminal obeys the C1 controls and hides or reorders text with the others.
const invisibleCharacters = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text of a plugin that is safe to print in a message: at most `limit` characters, with every control character, quote
 * and backslash escaped.
 */
export function visibleText(text: string, limit: number = quoteLimit): string {
  const cut = text.length > limit;
  const shown = cut ? text.slice(0, limit) : text;
  return JSON.stringify(shown).slice(1, -1).replace(invisibleCharacters, escapeCharacter) + (cut ? '…' : '');
}

/** {@link visibleText} between double quotes. */
export function quoteText(text: string, limit: number = quoteLimit): string {
  return `"${visibleText(text, limit)}"`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
