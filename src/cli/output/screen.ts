import type { Output } from './output.js';

/** A terminal with a footer that is redrawn in place, below a scrolling log. */
export interface Screen {
  /** Prints a line above the footer. Returns `false` when the terminal is not read. */
  readonly print: (line: string) => boolean;
  /** Replaces the footer, if the terminal is read. */
  draw(lines: readonly string[]): void;
  /** Shows the cursor again; the footer stays. */
  close(): void;
}

const clearBelow = '\u001b[0J';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** Creates a screen on a terminal and hides its cursor. */
export function createScreen(output: Output): Screen {
  let footer: readonly string[] = [];
  const up = (): string => (footer.length === 0 ? '' : `\u001b[${footer.length}A\r`);
  const body = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  output.tryWrite('', hideCursor);
  return {
    print: (line) => output.tryWrite(`${line}\n${body(footer)}`, up() + clearBelow),
    draw(lines) {
      if (output.tryWrite(body(lines), up() + clearBelow)) footer = lines;
    },
    close() {
      output.tryWrite('', showCursor);
    },
  };
}
