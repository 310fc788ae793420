import { parseManifest, supervisionProblems } from '../../../src/bundle/index.js';
import { presetNames } from '../../../src/model/index.js';
import { composePolicy, presets } from '../../../src/policy/index.js';

describe('the presets', () => {
  it.each(presetNames)('%s survives JSON, and may be written whole into options and manifests', (name) => {
    const written = JSON.stringify(presets[name]);
    expect(JSON.parse(written)).toEqual(presets[name]);
    expect(supervisionProblems(JSON.parse(written))).toEqual([]);
    const manifest = `{"id":"com.example.hello","server":{"executable":"a.py"},"supervision":${written}}`;
    const parsed = parseManifest(manifest, 'plugin.json');
    expect(composePolicy(parsed.ok ? parsed.manifest.supervision : {})).toEqual(presets[name]);
  });
});

describe('a supervision that is given as a value', () => {
  it.each<[unknown, string]>([
    [{ preset: 'nomad' }, 'preset must be one of espalier, mattermost, otp, systemd, kubernetes'],
    [{ restart: { intensity: 1.5 } }, 'restart.intensity must be a whole number'],
    [{ restart: { periodMs: -1 } }, 'restart.periodMs must be at least 0'],
    [{ restart: { intensity: Infinity } }, 'restart.intensity must be a finite number'],
    [{ deadlines: { start_ms: 1 } }, 'deadlines.start_ms is not known: did you mean startMs?'],
    [{ retry: {} }, 'retry is not known: the known ones are preset, restart, health, deadlines'],
    [7, 'it must be an object'],
  ])('%j is refused: %s', (value, problem) => {
    expect(supervisionProblems(value)).toEqual([problem]);
  });

  it('may say that it is never given up, and that failures do not grow old', () => {
    expect(supervisionProblems({ restart: { intensity: null, periodMs: null } })).toEqual([]);
    expect(supervisionProblems({})).toEqual([]);
  });
});
