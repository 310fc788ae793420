import { lineWriter } from '../../src/effects/log-lines.js';

describe('the lines of a flood', () => {
  it('are counted where they were dropped, also when nothing follows them', () => {
    const written: string[] = [];
    const writer = lineWriter(
      () => 0,
      (line) => written.push(line),
    );
    writer.next(Buffer.from('x\n'.repeat(2_003)));
    expect(written).toHaveLength(2_000);
    writer.complete();
    expect(written.at(-1)).toContain('3 lines dropped');
  });
});
