/** A terminal with a footer that is redrawn in place, below a scrolling log. */
export interface Screen {
  /** Prints a line above the footer. */
  readonly print: (line: string) => void;
  /** Replaces the footer. */
  draw(lines: readonly string[]): void;
  /** Shows the cursor again; the footer stays. */
  close(): void;
}

const clearBelow = '\u001b[0J';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** Creates a screen on a terminal and hides its cursor. */
export function createScreen(stream: NodeJS.WriteStream): Screen {
  let footer: readonly string[] = [];
  const up = (): string => (footer.length === 0 ? '' : `\u001b[${footer.length}A\r`);
  const body = (): string => footer.map((line) => `${line}\n`).join('');
  stream.write(hideCursor);
  return {
    print: (line) => stream.write(`${up()}${clearBelow}${line}\n${body()}`),
    draw(lines) {
      const start = up();
      footer = lines;
      stream.write(`${start}${clearBelow}${body()}`);
    },
    close: () => stream.write(showCursor),
  };
}
