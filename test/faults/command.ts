/** A number of the command line. Throws for whoever reads the terminal. */
export function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`--${name} must be a whole number above 0, not ${text}. See --help.`);
}

export function print(text: string): void {
  process.stdout.write(text);
}
