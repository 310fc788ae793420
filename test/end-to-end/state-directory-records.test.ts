import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEnvironment } from '../../src/index.js';
import { waitUntil } from '../faults/processes.js';
import { afterTest } from '../support/environment.js';
import {
  environmentIn,
  startHostIn,
  isReattachable,
  killHost,
  createHostSetup,
  waitForRecord,
} from '../support/successive-hosts.js';

describe('a state directory', () => {
  it('belongs to one host at a time; that of a dead one is taken over', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place);
    await expect(createEnvironment(place.options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`process ${host.child.pid} has it`) as string,
    });
    await killHost(host);
    const { env } = await environmentIn(place);
    await expect(createEnvironment(place.options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(readdirSync(place.runtime)).toHaveLength(1);
    await env.shutdown();
    expect(readdirSync(place.stateDir)).not.toContain('host.json');
  });

  it('is taken over by one of several hosts that find that of a dead one at the same time', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { host } = await startHostIn(place);
    await killHost(host);
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => createEnvironment(place.options)));
    const made = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const env of made) afterTest(() => env.shutdown());
    expect(made).toHaveLength(1);
    expect(readdirSync(place.stateDir).sort()).toEqual(['host.alive', 'host.json']);
    for (const one of all)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each<[string, string, RegExp]>([
    ['half a record', '{ "espalier": 2, "plugin": "heal', /it is not JSON/],
    ['nothing', '', /empty/],
    ['somebody else’s file', '{ "name": "package" }', /not a record/],
    ['a record of an earlier version', '{ "espalier": 1, "plugin": "healthy" }', /format is 1/],
    ['a record of a newer version', '{ "espalier": 3, "wish": "run" }', /format is 3/],
    ['a record with a field that is none', '{ "espalier": 2, "plugin": 7 }', /plugin/],
  ])('with %s in it sets that aside, reports it, and continues', async (_, text, problem) => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    mkdirSync(join(place.stateDir, 'plugins'), { recursive: true });
    writeFileSync(place.file('healthy'), text);
    const { env, events } = await environmentIn(place);
    expect(await env.restore()).toEqual([]);
    await env.activate('healthy');
    const told = events.find((event) => event.type === 'environment.stateDirectory');
    expect(told).toMatchObject({
      state: 'quarantined',
      file: `${place.file('healthy')}.aside-1`,
      problem: expect.stringMatching(problem) as string,
    });
    expect(readFileSync(`${place.file('healthy')}.aside-1`, 'utf8')).toBe(text);
    await waitForRecord(place, 'healthy', ({ wanted }) => wanted);
  });

  it('that cannot be written is reported once, and again when it can; plugins are not affected', async () => {
    const place = createHostSetup(['healthy'], { orphans: 'end' });
    const { env, events } = await environmentIn(place);
    await env.activate('healthy');
    await waitForRecord(place, 'healthy', isReattachable);
    // No file can take the place of a directory.
    rmSync(place.file('healthy'));
    mkdirSync(place.file('healthy'));
    await env.restartPlugin('healthy').catch(() => undefined);
    const told = () =>
      events.flatMap((event) => (event.type === 'environment.stateDirectory' ? [event] : []));
    expect(await waitUntil(() => told().length > 0, 3000)).toBe(true);
    expect(told()[0]).toMatchObject({
      state: 'unwritable',
      problem: expect.stringContaining('EISDIR') as string,
    });
    expect(env.status('healthy').state).toBe('healthy');
    rmdirSync(place.file('healthy'));
    await env.restartPlugin('healthy');
    expect(await waitUntil(() => told().length === 2, 3000)).toBe(true);
    expect(told()[1]).toMatchObject({ state: 'writable', problem: null });
    await waitForRecord(place, 'healthy', ({ generation }) => generation === 3);
  });

  it('that is invalid is refused at once', async () => {
    const place = createHostSetup(['healthy']);
    writeFileSync(place.stateDir, 'a file');
    await expect(createEnvironment(place.options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(place.stateDir) as string,
    });
    await expect(createEnvironment({ ...place.options, stateDir: '' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('stateDir') as string,
    });
    expect(readdirSync(place.runtime)).toEqual([]);
  });
});
