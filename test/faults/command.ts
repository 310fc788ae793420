/** Parses a command line option as a whole number above 0; throws for any other text. */
export function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`--${name} must be a whole number above 0, not ${text}. See --help.`);
}

/** Writes to stdout. */
export function print(text: string): void {
  process.stdout.write(text);
}
