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
  let foot: readonly string[] = [];
  const up = (): string => (foot.length === 0 ? '' : `\u001b[${foot.length}A\r`);
  const body = (): string => foot.map((line) => `${line}\n`).join('');
  stream.write(hideCursor);
  return {
    print: (line) => stream.write(`${up()}${clearBelow}${line}\n${body()}`),
    draw(lines) {
      const start = up();
      foot = lines;
      stream.write(`${start}${clearBelow}${body()}`);
    },
    close: () => stream.write(showCursor),
  };
}
