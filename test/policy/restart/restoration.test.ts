import type { PluginRecord, ProcessRecord } from '../../../src/model/index.js';
import {
  failureAgesOf,
  decideRestoration,
  isReattachable,
  historyFrom,
  type Observation,
  type Restoration,
} from '../../../src/policy/index.js';

const process: ProcessRecord = {
  pid: 4711,
  startTime: '1@boot',
  token: '0123456789.1.hero.3',
  socketDirectory: '/run/espalier-abcdef/1',
  bundleFingerprint: '1.0.0 digest',
  transport: 'plaintext',
  reattach: {
    protocol: 'grpc',
    protocolVersion: 1,
    addr: { network: 'unix', string: '/run/espalier-abcdef/1/plugin' },
    pid: 4711,
    test: false,
    startTime: '1@boot',
  },
  notReattachable: null,
};

const record: PluginRecord = {
  plugin: 'hero',
  wanted: true,
  generation: 3,
  restarts: 2,
  failureAges: [5000, 1000],
  writtenAt: 100_000,
  halfOpen: false,
  gaveUp: null,
  process,
};

const seen: Observation = {
  process: 'same',
  bundle: 'same',
  connects: true,
  sameHandshake: true,
  orphans: 'keep',
};

const gaveUp = { reason: 'FailedToStart', error: null } as const;
const starting = { ...process, reattach: null, notReattachable: 'starting' } as const;
const autoMtls = { ...process, reattach: null, notReattachable: 'autoMtls' } as const;
const multiplexed = { ...process, reattach: null, notReattachable: 'multiplexed' } as const;
const foreign = { ...process, token: null, directory: null, bundle: null } as const;

describe('what becomes of a plugin whose host is gone', () => {
  it.each<[string, Partial<PluginRecord>, Partial<Observation>, Restoration]>([
    ['lives and is as it was', {}, {}, { process: 'reattach', plugin: 'reattach', because: 'alive' }],
    ['is not wanted', { wanted: false }, {}, { process: 'stop', plugin: 'stop', because: 'notWanted' }],
    [
      'is not wanted and has no process',
      { wanted: false, process: null },
      { process: 'none' },
      { process: 'leave', plugin: 'stop', because: 'notWanted' },
    ],
    [
      'has no bundle any more',
      {},
      { bundle: 'missing' },
      { process: 'stop', plugin: 'reject', because: 'bundleMissing' },
    ],
    [
      'has a broken bundle',
      {},
      { bundle: 'invalid' },
      { process: 'stop', plugin: 'reject', because: 'bundleInvalid' },
    ],
    [
      'was given up',
      { gaveUp },
      { process: 'gone' },
      { process: 'leave', plugin: 'giveUp', because: 'gaveUp' },
    ],
    [
      'had no process',
      { process: null },
      { process: 'none' },
      { process: 'leave', plugin: 'start', because: 'noProcess' },
    ],
    [
      'has ended meanwhile',
      {},
      { process: 'gone' },
      { process: 'leave', plugin: 'start', because: 'processGone' },
    ],
    [
      'has lost its pid to another',
      {},
      { process: 'different' },
      { process: 'leave', plugin: 'start', because: 'pidReused' },
    ],
    [
      'is to end with its host',
      {},
      { orphans: 'end' },
      { process: 'stop', plugin: 'start', because: 'orphansEnd' },
    ],
    [
      'was on its way up',
      { process: starting },
      {},
      { process: 'stop', plugin: 'start', because: 'starting' },
    ],
    ['speaks AutoMTLS', { process: autoMtls }, {}, { process: 'stop', plugin: 'start', because: 'autoMtls' }],
    [
      'multiplexes',
      { process: multiplexed },
      {},
      { process: 'stop', plugin: 'start', because: 'multiplexed' },
    ],
    [
      'has another bundle',
      {},
      { bundle: 'changed' },
      { process: 'stop', plugin: 'start', because: 'bundleChanged' },
    ],
    [
      'speaks what is not offered',
      {},
      { sameHandshake: false },
      { process: 'stop', plugin: 'start', because: 'handshakeMismatch' },
    ],
    [
      'takes no connections',
      {},
      { connects: false },
      { process: 'stop', plugin: 'start', because: 'unreachable' },
    ],
    [
      'was started by somebody else, who need not share our views on orphans',
      { process: foreign },
      { orphans: 'end', bundle: 'changed' },
      { process: 'reattach', plugin: 'reattach', because: 'alive' },
    ],
    [
      'was started by somebody else and cannot be taken over',
      { process: foreign },
      { connects: false },
      { process: 'leave', plugin: 'start', because: 'unreachable' },
    ],
    [
      'was started by somebody else and is not wanted',
      { wanted: false, process: foreign },
      {},
      { process: 'leave', plugin: 'stop', because: 'notWanted' },
    ],
  ])('%s', (_, changes, observed, restoration) => {
    expect(decideRestoration({ ...record, ...changes }, { ...seen, ...observed })).toEqual(restoration);
  });
});

describe('a look at bundle and address', () => {
  it.each<[string, ProcessRecord | null, 'end' | 'keep', boolean]>([
    ['is worth it for what may live on', process, 'keep', true],
    ['is not for what is ended anyway', process, 'end', false],
    ['is not for what nobody can speak with', autoMtls, 'keep', false],
    ['is for what somebody else has started', foreign, 'end', true],
    ['is not without a process', null, 'keep', false],
  ])('%s', (_, recorded, orphans, worth) => {
    expect(isReattachable(recorded, orphans)).toBe(worth);
  });
});

describe('failures', () => {
  it('go on growing old while there is no host', () => {
    expect(historyFrom(record, 107_000).failures).toEqual([95_000, 99_000]);
    expect(failureAgesOf(historyFrom(record, 107_000), 107_000)).toEqual([12_000, 8000]);
  });

  it('do not grow younger when the clock was set back', () => {
    expect(failureAgesOf(historyFrom(record, 50_000), 50_000)).toEqual([5000, 1000]);
    expect(failureAgesOf({ failures: [60_000], gaveUp: false }, 50_000)).toEqual([0]);
  });

  it.each([
    [{ halfOpen: false, gaveUp: null }, false],
    [{ halfOpen: true, gaveUp: null }, true],
    [{ halfOpen: false, gaveUp }, true],
  ])('of a plugin that was given up leave it on probation: %j', (changes, expected) => {
    expect(historyFrom({ ...record, ...changes }, 100_000).gaveUp).toBe(expected);
  });
});
