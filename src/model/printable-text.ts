// A terminal obeys the controls of C0 and C1, and hides or reorders text with the others.
const unprintable =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const escapes: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r` };

/**
 * Text of a plugin or a bundle as one line that is safe to print: line ends, escape sequences, other control characters
 * and characters that hide or reorder text are written as `\n`, `\u001b` and so on. Tabs stay.
 */
export function printableText(text: string): string {
  return text.replace(unprintable, escapeCharacter);
}

/** Like {@link printableText} for text of several lines; every line but the first is indented by two spaces. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printableText).join('\n  ');
}

function escapeCharacter(character: string): string {
  return escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
