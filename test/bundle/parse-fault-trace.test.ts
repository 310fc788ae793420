import { parseFaultTrace } from '../../src/bundle/index.js';
import { pluginErrorCodes } from '../../src/model/index.js';

const parse = (text: string) => [...parseFaultTrace(text, 'trace.json')];

describe('a fault trace', () => {
  it('is a list of faults, read as they stand', () => {
    const faults = [
      {},
      { startMs: null },
      { startMs: 1.5, afterHealthyMs: 0, kind: 'hang' },
      { at: 86_400_000, code: 255 },
      { kind: 'signal', error: 'SPAWN_FAILED' },
    ];
    expect(parse(JSON.stringify(faults))).toEqual(faults);
    expect(parse('\uFEFF[]')).toEqual([]);
  });

  it.each([
    ['[{ "at": 1, }]', 'trace.json:1:13: unexpected }, a key in double quotes was expected'],
    ['{}', 'trace.json:1:1: the trace must be a list'],
    ['[\n  7\n]', 'trace.json:2:3: 0 must be an object'],
    ['[{}, { "atMs": 1 }]', '1.atMs is not known'],
    ['[{ "at": -1 }]', '0.at must be at least 0'],
    ['[{ "at": null }]', '0.at must be a finite number'],
    ['[{ "code": 256 }]', '0.code must be at most 255'],
    ['[{ "code": 1.5 }]', '0.code must be a whole number'],
    ['[{ "kind": "oom" }]', '0.kind must be one of exit, signal, hang'],
    ['[{ "error": "OOPS" }]', `0.error must be one of ${pluginErrorCodes.join(', ')}`],
    ['[{ "at": 1, "afterHealthyMs": 1 }]', '0 may have one of at and afterHealthyMs, not both'],
  ])('%j is refused: %s', (text, complaint) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(complaint) as string,
        hint: expect.stringContaining('JSON list') as string,
      }) as Error,
    );
  });
});
