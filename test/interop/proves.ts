import { rowOf, titleOf } from './rows.js';

/** A test that holds us to one of go-plugin's own: it carries the row's number, name and sentence. */
export function testRow(number: number, test: () => Promise<void> | void): void {
  const row = rowOf(number);
  if (row.state !== 'proven') throw new Error(`Row ${number} has a test, so it is not ${row.state}.`);
  it(titleOf(row), async () => {
    await test();
  });
}
