import { readdirSync } from 'node:fs';
import { seededRandom } from '../../src/policy/index.js';
import { startHostProcess } from '../support/host-process.js';
import {
  environmentIn,
  startHostIn,
  killHost,
  createHostSetup,
  runningPids,
  callHost,
} from '../support/successive-hosts.js';

const name = 'outlives-its-host';

describe('hosts that are killed at random moments, one after the other', () => {
  it('keep the desired state, and never have two processes of one plugin', async () => {
    const place = createHostSetup([name, 'talks-without-its-host', 'healthy-on-tcp']);
    const ids = [name, 'talks-without-its-host'];
    const random = seededRandom(7);
    const { host } = await startHostIn(place, [...ids, 'healthy-on-tcp']);
    await callHost(host, 'deactivate', 'healthy-on-tcp');
    await killHost(host);
    const generations = new Map(ids.map((id) => [id, 1]));
    for (let round = 0; round < 20; round += 1) {
      const next = startHostProcess(
        `const env = await createEnvironment(argument);
         process.stdout.write('made\\n');
         await env.restore();
         for (const id of env.active()) if (Math.random() < 0.3) env.restartPlugin(id).catch(() => undefined);`,
        place.options,
      );
      await next.printed(/made/);
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      await killHost(next);
      expect([...new Set(ids.map((id) => place.record(id).wanted))]).toEqual([true]);
      expect(place.record('healthy-on-tcp')).toMatchObject({ wanted: false, process: null });
    }
    const { env } = await environmentIn(place);
    await env.restore();
    expect(env.statuses().map(({ id, state }) => [id, state])).toEqual([
      ['healthy-on-tcp', 'idle'],
      [name, 'healthy'],
      ['talks-without-its-host', 'healthy'],
    ]);
    const served = ids.map((id) => env.status(id).pid as number);
    expect(runningPids(place).sort()).toEqual(served.sort());
    for (const id of ids) expect(env.status(id).generation).toBeGreaterThanOrEqual(generations.get(id) ?? 0);
    await env.shutdown();
    expect(runningPids(place)).toEqual([]);
    expect(readdirSync(place.runtime)).toEqual([]);
  }, 300_000);
});
