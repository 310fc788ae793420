import fc from 'fast-check';
import { findJsonSyntaxError } from '../../../src/bundle/manifest/json-syntax.js';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** JSON with a few characters replaced, removed or put in. */
const damagedJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(1), fc.constantFrom(...Array.from('{}[]:,"\\ \n0.eE+-ntu\u0001x'))), {
      maxLength: 3,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((before, [at, removed, put]) => {
      const place = at % (before.length + 1);
      return before.slice(0, place) + put + before.slice(place + removed);
    }, text),
  );

describe('the search for a fault in JSON', () => {
  it('finds one exactly where JSON.parse does not agree', () => {
    fc.assert(
      fc.property(damagedJson, (text) => {
        expect(findJsonSyntaxError(text) === null).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('points at a place before which the text can still become JSON', () => {
    fc.assert(
      fc.property(damagedJson, (text) => {
        const fault = findJsonSyntaxError(text);
        if (fault === null) return;
        const rest = findJsonSyntaxError(text.slice(0, fault.offset));
        expect(rest === null || rest.message.startsWith('the text ends too early')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['"\u007f\u0085"', ' \r\n\t{}\n', '-0.5e+10', '{"a":{},"b":[]}', '"\\ud800"'])(
    'finds none in %j',
    (text) => {
      expect(isJson(text)).toBe(true);
      expect(findJsonSyntaxError(text)).toBeNull();
    },
  );

  it('takes a megabyte of brackets', () => {
    expect(findJsonSyntaxError('['.repeat(1_000_000))?.offset).toBe(1_000_000);
  });
});
