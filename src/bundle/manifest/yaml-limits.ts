import { Lexer } from 'yaml';
import { lengthFault, type TextFault, type TextLimits } from './text-limits.js';

/**
 * Why a YAML text is not given to the parser: it is too long, too deep, has too many tokens or aliases, a key after `?`,
 * which may be a whole structure, or a second colon in one item of a flow, for which the parser recurses. Only the lexer
 * runs here, which does not recurse and stops at the first fault.
 */
export function findYamlExcess(text: string, limits: TextLimits): TextFault | null {
  const tooLong = lengthFault(text, limits);
  if (tooLong !== null) return tooLong;
  const depth = createDepthCounter();
  const colons = createColonCounter();
  let offset = 0;
  let tokens = 0;
  let aliases = 0;
  for (const token of new Lexer().lex(text)) {
    const message = excessOf(token);
    if (message !== null) return { offset, message };
    if (!isMark(token)) offset += token.length;
  }
  return null;

  function excessOf(token: string): string | null {
    tokens += 1;
    if (token.startsWith('*')) aliases += 1;
    if (tokens > limits.yamlTokens) return `the text has more than ${limits.yamlTokens} tokens of YAML`;
    if (aliases > limits.aliases) return `the text has more than ${limits.aliases} aliases`;
    if (depth.add(token) > limits.depth) return `this is nested more than ${limits.depth} levels deep`;
    if (colons.add(token) > 1) return 'there is a second ":" in one item in brackets';
    return token === '?' ? 'a key after "?" is not read: write it as plain text' : null;
  }
}

/** Counts the colons in each item in brackets: YAML has one at most. Those in plain text are no tokens. */
function createColonCounter() {
  const counts: number[] = [];
  return {
    /** Takes the next token; answers the colons in its item. */
    add(token: string): number {
      const last = counts.length - 1;
      if (token === '[' || token === '{') counts.push(0);
      else if (token === ']' || token === '}') counts.pop();
      else if (token === ',' && last >= 0) counts[last] = 0;
      else if (token === ':' && last >= 0) return (counts[last] = (counts[last] ?? 0) + 1);
      return 0;
    },
  };
}

/** The lexer puts a control character before a plain or block scalar and for the bounds of documents and flows. */
function isMark(token: string): boolean {
  return token === '\u0002' || token === '\u0018' || token === '\u001f';
}

/** Follows the columns at which blocks begin, and the brackets. It may find more levels than there are, never fewer. */
function createDepthCounter() {
  const columns: number[] = [];
  let brackets = 0;
  let column = 0;
  let beginsBlock = true;
  return {
    /** Takes the next token; answers the depth at it. */
    add(token: string): number {
      if (isMark(token)) return columns.length + brackets;
      const isSpace = /^[ \t\r\n]/.test(token);
      if (!isSpace && beginsBlock && brackets === 0) enterColumn();
      if (!isSpace) beginsBlock = token === '-' || token === ':';
      if (token === '[' || token === '{') brackets += 1;
      if ((token === ']' || token === '}') && brackets > 0) brackets -= 1;
      const lineEnd = token.lastIndexOf('\n');
      column = lineEnd === -1 ? column + token.length : token.length - lineEnd - 1;
      if (lineEnd !== -1) beginsBlock = true;
      return columns.length + brackets;
    },
  };

  function enterColumn(): void {
    while ((columns.at(-1) ?? -1) >= column) columns.pop();
    columns.push(column);
  }
}
