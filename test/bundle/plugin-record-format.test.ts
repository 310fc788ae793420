import fc from 'fast-check';
import { parsePluginRecord, renderPluginRecord } from '../../src/bundle/index.js';
import type { PluginRecord } from '../../src/model/index.js';

const record: PluginRecord = {
  plugin: 'hero',
  wanted: true,
  generation: 3,
  restarts: 1,
  failureAges: [12.5],
  writtenAt: 1_800_000_000_000,
  halfOpen: false,
  gaveUp: { reason: 'FailedToStart', error: { code: 'SPAWN_FAILED', message: 'It could not.' } },
  process: {
    pid: 4711,
    startTime: '1@boot',
    token: '0123456789.1.hero.3',
    socketDirectory: '/run/espalier-abcdef/1',
    bundleFingerprint: null,
    transport: null,
    reattach: null,
    notReattachable: 'starting',
  },
};

describe('the record of a plugin', () => {
  it('is the same after it was written and read', () => {
    expect(parsePluginRecord(renderPluginRecord(record))).toEqual({ ok: true, record });
  });

  it('holds the policy that an operator has set, and none where an earlier version has written it', () => {
    const policy = { preset: 'otp', restart: { intensity: null, backoff: { jitter: 'none' } } } as const;
    const read = parsePluginRecord(renderPluginRecord({ ...record, policy }));
    expect(read).toEqual({ ok: true, record: { ...record, policy } });
    expect(renderPluginRecord({ ...record, policy: undefined })).toBe(renderPluginRecord(record));
  });

  it('is not read where it was cut off, wherever that was', () => {
    const text = renderPluginRecord(record);
    fc.assert(
      fc.property(fc.nat(text.length - 3), (length) => {
        expect(parsePluginRecord(text.slice(0, length)).ok).toBe(false);
      }),
    );
  });

  it('is nothing that somebody has made up', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parsePluginRecord(text).ok).toBe(false);
      }),
    );
  });

  it.each<[string, object, RegExp]>([
    ['an older format', { espalier: 1 }, /format is 1, and this version of Espalier reads format 2/],
    ['a newer format', { espalier: 3 }, /format is 3, and this version of Espalier reads format 2/],
    ['a token that would find strangers', { process: { ...record.process, token: '' } }, /process\.token/],
    ['pid 0, which is a whole group', { process: { ...record.process, pid: 0 } }, /process\.pid/],
    ['a negative generation', { generation: -1 }, /generation/],
    ['a policy that is not usable', { policy: { deadlines: { startMs: 0 } } }, /policy\.deadlines\.startMs/],
    ['a number in its policy that nobody knows', { policy: { restart: { tries: 3 } } }, /policy\.restart/],
    ['no policy at all in the place of one', { policy: null }, /policy/],
  ])('is refused with %s', (_, changes, problem) => {
    const text = JSON.stringify({ espalier: 2, ...record, ...changes });
    expect(parsePluginRecord(text)).toEqual({
      ok: false,
      problem: expect.stringMatching(problem) as string,
    });
  });
});
