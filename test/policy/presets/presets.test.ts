import { presetNames } from '../../../src/model/index.js';
import {
  composePolicy,
  composePolicyFor,
  crashesEvery,
  hangFoundWithinMs,
  neverBecomesHealthy,
  presets,
  simulate,
} from '../../../src/policy/index.js';

describe('the presets', () => {
  it('are the ones that the model names', () => {
    expect(Object.keys(presets)).toEqual([...presetNames]);
  });

  it.each(presetNames)('%s may be named by a manifest', (preset) => {
    expect(composePolicy({ restart: { intensity: 77 } }, { preset })).toEqual(presets[preset]);
  });
});

describe('a preset for a runtime', () => {
  it('gives a Python plugin longer to start under mattermost, unless a layer says otherwise', () => {
    const startMs = (...layers: Parameters<typeof composePolicyFor>) =>
      composePolicyFor(...layers).deadlines.startMs;
    expect(startMs('python', { preset: 'mattermost' })).toBe(10_000);
    expect(startMs('executable', { preset: 'mattermost' })).toBe(3000);
    expect(startMs('python', { preset: 'mattermost', deadlines: { startMs: 500 } })).toBe(500);
    expect(startMs('python')).toBe(presets.espalier.deadlines.startMs);
    expect(composePolicyFor('python', { preset: 'mattermost' })).toMatchObject({
      ...presets.mattermost,
      deadlines: { ...presets.mattermost.deadlines, startMs: 10_000 },
    });
  });

  it.each(['mattermost', 'otp'] as const)('%s leaves a plugin time between SIGTERM and SIGKILL', (name) => {
    expect(presets[name].deadlines.termMs).toBeGreaterThanOrEqual(2000);
  });
});

describe("the peers' own numbers", () => {
  const fall = (name: keyof typeof presets) => simulate(presets[name], crashesEvery(0), { generations: 60 });

  it('make otp restart once within five seconds, at once', () => {
    expect(fall('otp')).toMatchObject({ restarts: 1, gaveUpAt: 0 });
    const calm = simulate(presets.otp, crashesEvery(5001), { forMs: 60_000 });
    expect(calm).toMatchObject({ gaveUpAt: null, outageMs: 0 });
    expect(simulate(presets.otp, crashesEvery(5000), { forMs: 60_000 }).gaveUpAt).toBe(10_000);
  });

  it('make systemd give up after half a second and five restarts', () => {
    expect(fall('systemd')).toMatchObject({ restarts: 5, gaveUpAt: 500 });
  });

  it('make kubernetes wait 10, 20, 40, … up to 300 seconds, and never give up', () => {
    const { timeline, gaveUpAt } = fall('kubernetes');
    const pauses = timeline.flatMap((step) => (step.type === 'restart' ? [step.delayMs / 1000] : []));
    expect(pauses.slice(0, 8)).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    expect(gaveUpAt).toBeNull();
  });

  it('make kubernetes begin anew after ten healthy minutes, and not before', () => {
    const [now, after] = [599_999, 600_000].map(
      (ms) => simulate(presets.kubernetes, crashesEvery(ms), { forMs: 3_600_000 }).outageMs,
    );
    expect(now).toBeGreaterThan(0);
    expect(after).toBe(0);
  });

  it('make mattermost give up at the third failure, and at the first one of a start', () => {
    expect(fall('mattermost')).toMatchObject({ restarts: 2, gaveUpAt: 0 });
    expect(simulate(presets.mattermost, neverBecomesHealthy())).toMatchObject({
      restarts: 0,
      gaveUpAt: 3000,
    });
  });

  it.each([
    ['espalier', 13],
    ['mattermost', 36],
    ['kubernetes', 31],
  ] as const)('make %s find a hang within %d seconds', (name, seconds) => {
    expect(hangFoundWithinMs({ ...presets[name].health, jitter: 0 })).toBe(seconds * 1000);
  });
});
