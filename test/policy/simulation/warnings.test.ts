import { presetNames, type SupervisionOptions } from '../../../src/model/index.js';
import { composePolicy, policyWarnings, presets } from '../../../src/policy/index.js';

const cases = (supervision: SupervisionOptions) =>
  policyWarnings(composePolicy(supervision)).map(({ when }) => when);

describe('the warning about an intensity that is never exceeded', () => {
  it.each([
    ['espalier', []],
    ['mattermost', []],
    ['otp', ['never finishes its start']],
    ['systemd', ['never finishes its start']],
    ['kubernetes', []],
  ] as const)('comes with the preset %s for %j', (name, expected) => {
    expect(Object.keys(presets)).toEqual([...presetNames]);
    expect(cases({ preset: name })).toEqual(expected);
  });

  it('names the numbers, and what would do', () => {
    expect(policyWarnings(presets.otp)).toEqual([
      {
        when: 'never finishes its start',
        message:
          'A plugin that never finishes its start is never given up: it fails every 15000 ms, and 2 such failures do not lie within restart.periodMs (5000 ms).',
        hint: 'Raise restart.periodMs to 15000 or more, or lower deadlines.startMs.',
      },
    ]);
    expect(cases({ preset: 'otp', restart: { periodMs: 15_000 } })).toEqual([]);
    expect(cases({ preset: 'otp', deadlines: { startMs: 5000 } })).toEqual([]);
  });

  it('comes where finding and ending a hang takes longer than the period has room for', () => {
    const restart = { intensity: 3, periodMs: 40_000, resetAfterMs: null };
    const slow = { restart, deadlines: { startMs: 1000 } };
    expect(cases(slow)).toEqual(['hangs at once']);
    // 13 s to find it and 3 s to end it, three times, and the pauses at their mean.
    expect(policyWarnings(composePolicy(slow))[0]?.hint).toMatch(
      /^Raise restart\.periodMs to \d+ or more, or probe its health more often, and lower deadlines\.termMs\.$/,
    );
    expect(cases({ ...slow, deadlines: { startMs: 1000, termMs: 0 }, health: { intervalMs: 2000 } })).toEqual(
      [],
    );
  });

  it('comes where a hang is found so late that it counts as a healthy time', () => {
    const policy = composePolicy({ health: { intervalMs: 60_000 } });
    expect(policyWarnings(policy)).toEqual([
      {
        when: 'hangs at once',
        message: expect.stringContaining(
          'and each time it was healthy for restart.resetAfterMs (60000 ms)',
        ) as string,
        hint: 'Raise restart.resetAfterMs above 71000, or probe its health more often, and lower deadlines.termMs.',
      },
    ]);
    const atTheEdge = { restart: { resetAfterMs: 71_000 }, health: { intervalMs: 60_000 } };
    expect(policyWarnings(composePolicy(atTheEdge))[0]?.hint).toContain('resetAfterMs above 71000');
    expect(cases({ restart: { resetAfterMs: 71_001 }, health: { intervalMs: 60_000 } })).toEqual([]);
  });

  it('comes where the pauses are so long that failures grow old meanwhile', () => {
    const backoff = { jitter: 'none' } as const;
    expect(cases({ restart: { backoff, intensity: 11 } })).not.toContain('crashes at once');
    expect(policyWarnings(composePolicy({ restart: { backoff, intensity: 12 } }))[0]).toEqual({
      when: 'crashes at once',
      message:
        'A plugin that crashes at once is never given up: it fails every 32000 ms, and 13 such failures do not lie within restart.periodMs (300000 ms).',
      hint: 'Raise restart.periodMs to 303500 or more, or shorten the backoff.',
    });
    expect(cases({ restart: { backoff, intensity: 12, periodMs: 303_500 } })).not.toContain(
      'crashes at once',
    );
    expect(cases({ restart: { backoff, intensity: 12, periodMs: 303_499 } })).toContain('crashes at once');
  });

  it('is absent where the policy never gives up, and where nothing is restarted', () => {
    expect(policyWarnings(presets.kubernetes)).toHaveLength(0);
    expect(cases({ preset: 'otp', restart: { intensity: null } })).toEqual([]);
    expect(cases({ preset: 'otp', restart: { intensity: 1001 } })).toEqual([]);
    expect(cases({ preset: 'otp', restart: { intensity: 1000 } })).toEqual(['never finishes its start']);
    expect(cases({ preset: 'otp', restart: { restart: 'temporary' } })).toEqual([]);
    expect(cases({ preset: 'otp', restart: { intensity: 0 } })).toEqual([]);
    expect(cases({ preset: 'otp', restart: { periodMs: null } })).toEqual([]);
  });

  it('does not concern hangs where there are no probes', () => {
    const day = 24 * 60 * 60_000;
    const restart = { periodMs: 1000, intensity: 1, resetAfterMs: null };
    const deadlines = { startMs: 100 };
    expect(cases({ restart, deadlines, health: { intervalMs: day - 1 } })).toEqual(['hangs at once']);
    expect(cases({ restart, deadlines, health: { intervalMs: day } })).toEqual([]);
  });
});
