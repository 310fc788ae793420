import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { tmpdir } from 'node:os';
import { afterTest, isAlive } from './support/environment.js';
import { untilTrue } from './support/until-true.js';

/** A run whose own program does not hear of its end, and makes the folder again whenever it is gone. */
async function startRun(end = '') {
  const script = `
    import { spawn } from 'node:child_process';
    import { useRunFolder } from './scripts/run-folder.mjs';
    const folder = useRunFolder();
    const stubborn = 'trap "" HUP INT TERM; while :; do mkdir -p "$TMPDIR/made"; sleep 0.01; done';
    const { pid } = spawn('/bin/sh', ['-c', stubborn], { detached: true, stdio: 'ignore' });
    console.log(JSON.stringify({ folder, pid }));
    setInterval(() => undefined, 1000);
    ${end}`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterTest(() => run.kill('SIGKILL'));
  const [line] = (await once(run.stdout, 'data')) as [Buffer];
  const { folder, pid } = JSON.parse(String(line)) as { folder: string; pid: number };
  return { run, folder, pid };
}

describe('the folder of a run', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'is gone after %s, and so is who uses it',
    async (signal) => {
      const { run, folder, pid } = await startRun();
      expect(dirname(folder)).toBe(tmpdir());
      expect([existsSync(folder), isAlive(pid)]).toEqual([true, true]);
      run.kill(signal);
      await untilTrue(() => !existsSync(folder) && !isAlive(pid));
    },
  );

  it('is gone after an end in order, and so is who uses it', async () => {
    const { folder, pid } = await startRun('process.exit();');
    await untilTrue(() => !existsSync(folder) && !isAlive(pid));
  });
});
