import fc from 'fast-check';
import { anySession, playSession } from './fuzz.js';
import { frame, pair } from './server.js';

/** `npm run fuzz -- --runs 1000000 http2` plays more. */
const numRuns = 3000;

describe('an HTTP/2 session that is sent anything', () => {
  it('tells events, or fails once, and never throws', () => {
    fc.assert(fc.property(anySession, playSession), { numRuns });
  }, 60_000);

  it('tells the same, wherever the bytes are cut', () => {
    const play = (bytes: Buffer, cuts: readonly number[]): unknown => {
      const server = pair();
      const { log, bytes: body } = server.open();
      let from = 0;
      for (const cut of [...cuts, bytes.length].sort((one, other) => one - other)) {
        server.send(bytes.subarray(from, cut));
        from = Math.max(from, cut);
      }
      const told = log.filter((line) => !line.startsWith('data'));
      return [told, body().toString('hex'), server.failure()?.message, server.taken()];
    };
    const response = (server: ReturnType<typeof pair>) => server.headers(1, [':status: 200', 'a: b']);
    fc.assert(
      fc.property(anySession, fc.array(fc.nat({ max: 300 }), { maxLength: 10 }), ({ turns }, cuts) => {
        const bytes = Buffer.concat([
          response(pair()),
          frame(0, 0, 1, Buffer.from('body')),
          ...turns.map(([, , more]) => more),
        ]);
        const within = cuts.filter((cut) => cut < bytes.length);
        expect(play(bytes, within)).toEqual(play(bytes, []));
      }),
      { numRuns: Math.ceil(numRuns / 5) },
    );
  }, 60_000);
});
