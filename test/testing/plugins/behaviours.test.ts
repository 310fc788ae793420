import {
  behavesWell,
  cannotBeKilled,
  cannotBeSpawned,
  crashesAfter,
  createSimulatedEnvironment,
  exitsWith,
  failsToActivate,
  hangs,
  hangsAfter,
  hangsInActivate,
  ignoresShutdown,
  ignoresSigterm,
  inSequence,
  failsHandshake,
  losesHealthAfter,
  neverHandshakes,
  neverServes,
  replays,
  printsGarbage,
  refusesConnections,
  startsIn,
  stopsIn,
  allOf,
  type Behaviour,
} from '../../../src/testing/index.js';

const second = 1000;

const open = async (behaviour: Behaviour) => createSimulatedEnvironment({ plugins: { it: { behaviour } } });

/** What an activation comes to, and the simulated time that it takes. */
async function start(behaviour: Behaviour) {
  const { env, runUntilSettled, clock } = await open(behaviour);
  const outcome = await runUntilSettled(
    env.activate('it').then(
      () => 'healthy',
      (error: unknown) => (error as { code: string }).code,
    ),
  );
  return [outcome, clock.now()];
}

describe('a plugin that', () => {
  it.each([
    ['behaves well', behavesWell(), ['healthy', 0]],
    ['starts in 400 ms', startsIn(400), ['healthy', 400]],
    ['cannot be spawned', cannotBeSpawned(), ['SPAWN_FAILED', 0]],
    ['has no program', cannotBeSpawned('EXECUTABLE_NOT_FOUND'), ['EXECUTABLE_NOT_FOUND', 0]],
    ['exits with 3', exitsWith(3), ['EXITED_BEFORE_HANDSHAKE', 0]],
    ['exits with 3 later', exitsWith(3, 250), ['EXITED_BEFORE_HANDSHAKE', 250]],
    ['never handshakes', neverHandshakes(), ['START_TIMEOUT', 15 * second]],
    ['prints garbage', printsGarbage('hi'), ['HANDSHAKE_UNRECOGNIZED', 15 * second]],
    ['is rejected', failsHandshake(), ['CORE_VERSION_MISMATCH', 0]],
    ['refuses connections', refusesConnections(), ['CONNECT_FAILED', 15 * second]],
    ['never serves', neverServes(), ['NOT_SERVING', 15 * second]],
    ['fails to activate', failsToActivate('no'), ['HOOK_FAILED', 0]],
    ['hangs in activate', hangsInActivate(), ['HOOK_TIMEOUT', 15 * second]],
  ])('%s', async (_, behaviour, outcome) => {
    expect(await start(behaviour)).toEqual(outcome);
  });

  it.each([
    ['crashes', crashesAfter(5000), { kind: 'exit', code: 1, healthyMs: 5000 }],
    ['is killed', crashesAfter(10, { signal: 'SIGSEGV' }), { kind: 'signal', signal: 'SIGSEGV' }],
    ['has no memory left', crashesAfter(10, { signal: 'SIGKILL', outOfMemory: true }), { kind: 'oom' }],
    ['hangs', hangs(), { kind: 'hang' }],
    ['hangs later', hangsAfter(60_000), { kind: 'hang' }],
    ['plays out a fault', replays([{ afterHealthyMs: 70, code: 4 }]), { code: 4, healthyMs: 70 }],
  ])('%s ends, and comes back', async (_, behaviour, exit) => {
    const { env, runUntil, shutdown, processes } = await open(inSequence(behaviour, behavesWell()));
    await env.activate('it');
    await runUntil('it', 'restarting');
    expect(env.status('it').lastExit).toMatchObject(exit);
    await runUntil('it', 'healthy');
    expect(env.status('it').generation).toBe(2);
    await shutdown();
    expect(processes()).toEqual([]);
  });

  it('loses its health reports that it is not ready, and later that it is ready again', async () => {
    const { env, advance, recover } = await open(losesHealthAfter(3));
    await env.activate('it');
    await advance(20_000);
    expect(env.status('it')).toMatchObject({ state: 'healthy', ready: false });
    recover('it');
    await advance(6000);
    expect(env.status('it').ready).toBe(true);
  });

  it.each([
    ['ends when it is asked to', behavesWell(), 0],
    ['takes its time to end', stopsIn(700), 700],
    ['ignores the request', ignoresShutdown(), 2 * second],
    ['ignores SIGTERM', ignoresSigterm(), 5 * second],
    ['hangs in the end', hangs(), 5 * second],
    ['cannot be killed', cannotBeKilled(), 10 * second],
  ])('%s is stopped in the time that this takes', async (_, behaviour, ms) => {
    const { env, runUntilSettled, clock } = await open(behaviour);
    await env.activate('it');
    expect(await runUntilSettled(env.deactivate('it'))).toBe(true);
    expect(clock.now()).toBe(ms);
  });

  it('combines several behaviours', async () => {
    const { env, runUntilSettled, clock } = await open(allOf(startsIn(300), stopsIn(40)));
    await runUntilSettled(env.activate('it'));
    await runUntilSettled(env.deactivate('it'));
    expect(clock.now()).toBe(340);
  });
});

describe('the methods of a simulated environment', () => {
  it('throw an error that says why they do not apply', async () => {
    const { env, crash, runUntil, runUntilSettled, setBehaviour } = await open(exitsWith(3));
    expect(() => {
      crash('it');
    }).toThrow('The simulated plugin it has no process: it is idle.');
    expect(() => {
      crash('other');
    }).toThrow('There is no plugin other.');
    await env.activate('it').catch(() => undefined);
    await expect(runUntil('it', 'healthy', 1000)).rejects.toThrow(
      /^The plugin it did not become healthy within 1000 ms: it is restarting\. .*exited with code 3/,
    );
    await env.deactivate('it');
    await expect(runUntilSettled(new Promise(() => undefined))).rejects.toThrow(
      'The promise was not settled and no timer is left.',
    );
    setBehaviour('it', behavesWell());
    expect((await env.activate('it')).activated).toBe(true);
  });

  it('print, block the host and suspend the computer', async () => {
    const { env, print, block, sleep, advance } = await open(behavesWell());
    const said: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.log') said.push(`${event.entry.level} ${event.entry.message}`);
    });
    await env.activate('it');
    print('it', 'hello', 'warn');
    expect(said).toEqual(['warn hello']);
    await block(60_000);
    sleep(3_600_000);
    await advance(60_000);
    expect(env.status('it')).toMatchObject({ state: 'healthy', generation: 1 });
  });
});
