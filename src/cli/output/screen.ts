/** A terminal whose last lines are redrawn in place, with a scrolling log above them. */
export interface Screen {
  /** Prints a line that stays. */
  readonly print: (line: string) => void;
  /** Replaces the lines at the foot. */
  draw(lines: readonly string[]): void;
  /** Leaves the foot as it is and gives the cursor back. */
  close(): void;
}

const clearBelow = '\u001b[0J';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

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
