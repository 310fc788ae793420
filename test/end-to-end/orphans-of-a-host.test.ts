import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { guardianOf, killPids } from '../faults/processes.js';
import { afterTest, isAlive } from '../support/environment.js';
import {
  environmentIn,
  startHostIn,
  isReattachable,
  killHost,
  createHostSetup,
  waitForRecord,
  runningPids,
} from '../support/successive-hosts.js';

const name = 'outlives-its-host';

describe('another process', () => {
  it('that has got the pid is not signalled', async () => {
    const place = createHostSetup([name]);
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    process.kill(told.pids[name] as number, 'SIGKILL');
    const other = spawn('/bin/sleep', ['60'], { detached: true });
    afterTest(() => other.kill('SIGKILL'));
    const record = place.record(name);
    writeFileSync(
      place.file(name),
      JSON.stringify({ ...record, process: { ...record.process, pid: other.pid } }),
    );
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'pidReused' }]);
    await env.shutdown();
    expect(isAlive(other.pid as number)).toBe(true);
  });

  it('with the same start time is recognised by its missing token', async () => {
    const place = createHostSetup([name]);
    const { host } = await startHostIn(place, [name]);
    await waitForRecord(place, name, isReattachable);
    await killHost(host);
    const record = place.record(name);
    writeFileSync(
      place.file(name),
      JSON.stringify({ ...record, process: { ...record.process, token: `0123456789.1.${name}.1` } }),
    );
    const { env } = await environmentIn(place);
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'pidReused' }]);
  });
});

describe('plugins that end with their host', () => {
  it('are all ended and then started again', async () => {
    const place = createHostSetup([name, 'double-forks'], { orphans: 'end' });
    const { host, told } = await startHostIn(place, [name, 'double-forks']);
    await killHost(host);
    const { env } = await environmentIn(place);
    const restored = await env.restore();
    expect(restored.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['double-forks', 'started'],
      [name, 'started'],
    ]);
    for (const id of [name, 'double-forks']) {
      expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 2 });
      expect(runningPids(place)).not.toContain(told.pids[id]);
    }
    expect(runningPids(place)).toHaveLength(3);
  });

  it('are ended also when their guardian was killed with the host', async () => {
    const place = createHostSetup([name], { orphans: 'end' });
    const { host, told } = await startHostIn(place, [name]);
    await waitForRecord(place, name, ({ process }) => process !== null);
    process.kill(host.child.pid ?? 0, 'SIGSTOP');
    killPids([guardianOf(host.child.pid ?? 0) ?? 0]);
    await killHost(host);
    expect(runningPids(place)).toEqual([told.pids[name]]);
    const { env } = await environmentIn(place, { reapOrphans: false });
    expect(await env.restore()).toMatchObject([{ outcome: 'started', because: 'orphansEnd' }]);
    expect(runningPids(place)).toEqual([env.status(name).pid]);
  });
});
