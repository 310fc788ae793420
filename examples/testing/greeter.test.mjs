// How a server and a policy are tested without processes, in three stories. Run it with
//
//   npm run build && node --test examples/testing/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { composePolicy, crashesEvery, simulate } from 'espalier';
import {
  crashesAfter,
  createSimulatedEnvironment,
  inSequence,
  exitsWith,
  behavesWell,
  tryFaults,
} from 'espalier/testing';
import { createGreeter, KV } from './greeter.mjs';

/** The plugin's side, written as for a server of grpc-js. */
const names = new Map([['ada', 'Ada Lovelace']]);
const store = {
  definition: KV.service,
  implementation: {
    get({ request }, answer) {
      const name = names.get(request.key);
      if (name === undefined) answer({ code: status.NOT_FOUND, details: 'a stranger' });
      else answer(null, { value: Buffer.from(name) });
    },
  },
};

async function open(behaviour = behavesWell()) {
  const simulated = await createSimulatedEnvironment({
    plugins: { store: { behaviour, services: [store] } },
  });
  return { ...simulated, greet: createGreeter(simulated.env, 'store') };
}

test('my server shows 503 while the plugin restarts, and recovers', async () => {
  const { env, greet, crash, runUntil, shutdown } = await open();
  await env.activate('store');
  assert.deepEqual(await greet('ada'), { status: 200, body: 'Hello Ada Lovelace!' });
  assert.deepEqual(await greet('bob'), { status: 404 });

  crash('store');
  assert.deepEqual(await greet('ada'), { status: 503 });
  await runUntil('store', 'healthy');
  assert.equal((await greet('ada')).status, 200);
  await shutdown();
});

test('my server shows 504 when the plugin hangs, and the plugin is replaced', async () => {
  const { env, greet, hang, runUntilSettled, runUntil, clock, shutdown } = await open();
  await env.activate('store');
  hang('store');
  assert.deepEqual(await runUntilSettled(greet('ada')), { status: 504 });
  assert.ok(clock.now() <= 2000, 'the deadline passed by the simulated clock');
  await runUntil('store', 'restarting');
  assert.match(env.explain('store').summary, /did not answer/);
  await shutdown();
});

test('my server starts a plugin that fails at first', async () => {
  const { env, greet, runUntil, shutdown } = await open(
    inSequence(exitsWith(3), exitsWith(3), behavesWell()),
  );
  await assert.rejects(env.activate('store'), { code: 'EXITED_BEFORE_HANDSHAKE' });
  await runUntil('store', 'healthy');
  assert.equal((await greet('ada')).status, 200);
  await shutdown();
});

test('my policy gives up after the fifth crash in five minutes, and tries again ten minutes later', async () => {
  const minute = 60_000;
  const { env, runUntil, clock, shutdown } = await open(crashesAfter(10_000));
  await env.activate('store');
  await runUntil('store', 'failed');
  const gaveUpAt = clock.now();
  assert.ok(gaveUpAt <= 5 * minute);
  assert.equal(env.status('store').generation, 5);
  await runUntil('store', 'healthy');
  assert.equal(clock.now() - gaveUpAt, 10 * minute);
  await shutdown();

  // The same without any plugin, for as long as you like.
  const week = simulate(composePolicy({ preset: 'espalier' }), crashesEvery(10_000), {
    forMs: 7 * 24 * 60 * minute,
  });
  assert.ok(week.gaveUpAt <= 5 * minute);
  assert.ok(week.halfOpenTries > 900);
});

test('whatever happens to my plugin, my server answers, and never wrongly', async () => {
  const { hits } = await tryFaults({
    runs: 10,
    async create() {
      const simulated = await open();
      await simulated.env.activate('store');
      return simulated;
    },
    async check({ greet, runUntilSettled }) {
      const answer = await runUntilSettled(greet('ada'));
      assert.ok([200, 503, 504].includes(answer.status), `it answered ${answer.status}`);
      if (answer.status === 200) assert.equal(answer.body, 'Hello Ada Lovelace!');
    },
  });
  assert.ok(hits.crash > 0 && hits.hang > 0);
});
