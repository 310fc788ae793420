import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { afterTest, environmentWith, isAlive } from '../support/environment.js';
import { startHostProcess } from '../support/host-process.js';
import { untilTrue } from '../support/until-true.js';

const restart = { restart: 'temporary' as const };

describe('a host whose event loop is blocked', () => {
  it('gives a start the time that it lost itself', async () => {
    const { env, id } = await environmentWith('slow-line', {
      policy: { restart, deadlines: { startMs: 1500 } },
    });
    const activated = env.activate(id);
    await untilTrue(() => env.status(id).pid !== null);
    block(3500);
    await activated;
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 1 });
  });

  it('does not take a process for lost that SIGKILL has ended meanwhile', async () => {
    const { env, id } = await environmentWith('ignores-sigterm-and-shutdown', {
      policy: { restart, deadlines: { drainMs: 0, shutdownMs: 0, termMs: 50, killMs: 300 } },
    });
    await env.activate(id);
    const pid = env.status(id).pid as number;
    blockAfterSigkill(pid, 1500);
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject({ kind: 'signal', signal: 'SIGKILL', stopStep: 'killing' });
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a host that is stopped', () => {
  it('gives a start the time in which it did not run', async () => {
    const bundle = makeFakeBundle('slow-line');
    afterTest(() => {
      bundle.remove();
    });
    const options = {
      bundles: [bundle.directory],
      policy: { restart, deadlines: { startMs: 1500 } },
    };
    const { child, printed } = startHostProcess(
      `const env = await createEnvironment(argument.options);
       env.events.subscribe((event) => {
         if (event.type === 'plugin.status' && event.status.state === 'handshaking' && event.status.phase === 'handshake')
           process.stdout.write('spawned\\n');
       });
       const outcome = await env.activate('slow-line').then(() => 'healthy', ({ code }) => code);
       process.stdout.write('outcome ' + outcome + ' generation ' + env.status('slow-line').generation + '\\n');
       await env.shutdown();
       process.exit(0);`,
      { options },
    );
    await printed(/spawned/);
    child.kill('SIGSTOP');
    const stoppedAt = performance.now();
    await untilTrue(() => performance.now() - stoppedAt > 4000);
    child.kill('SIGCONT');
    const [, outcome] = await printed(/outcome (.*)\n/);
    expect(outcome).toBe('healthy generation 1');
  });
});

/** Blocks the event loop at the moment at which a process group gets SIGKILL. */
function blockAfterSigkill(pid: number, ms: number): void {
  const kill = process.kill.bind(process);
  const restore = (): void => {
    process.kill = kill;
  };
  afterTest(restore);
  process.kill = (target, signal) => {
    kill(target, signal);
    if (target !== -pid || signal !== 'SIGKILL') return true;
    restore();
    block(ms);
    return true;
  };
}

/** Keeps this process's event loop from doing anything else. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
