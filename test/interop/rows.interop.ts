import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rows } from './rows.js';

const folder = 'test/interop';

/** The rows that a test claims to prove, as the sources say. */
const claimed = readdirSync(folder)
  .filter((file) => file.endsWith('.interop.ts'))
  .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/^ *testRow\((\d+),/gm)])
  .map(([, number]) => Number(number))
  .sort((a, b) => a - b);

describe("the rows of go-plugin's own tests", () => {
  it('are the numbers 1 to 53, each once', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 53 }, (_, index) => index + 1));
  });

  it('have one test each where they are proven, and none where they do not apply', () => {
    expect(claimed).toEqual(rows.filter(({ state }) => state === 'proven').map(({ number }) => number));
  });
});
