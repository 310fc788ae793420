// CPU time per plugin in a tree of 100 and of 1000 plugins: add, start until healthy, crash and restart, stop. The
// machines are real; their effects answer immediately.
import { concat, EMPTY, NEVER, of, Subject } from 'rxjs';
import { createActor } from 'xstate';
import { createEnvironmentMachine, indexDelays } from '../dist/modules/machines/index.js';
import { composePolicy } from '../dist/modules/policy/index.js';
import { median, printMeasure } from './statistics.mjs';

const rounds = 5;
const few = 100;
const many = 1000;

/** A clock that runs only the timers of 0 ms. */
function stillClock() {
  let due = [];
  return {
    now: () => 0,
    setTimeout: (act, ms) => {
      const timer = { act };
      if (ms <= 0) due.push(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      timer.act = () => undefined;
    },
    flush() {
      while (due.length > 0) {
        const now = due;
        due = [];
        for (const { act } of now) act();
      }
    },
  };
}

function immediateEffects(clock) {
  const ends = new Map();
  const handshake = {
    coreVersion: 1,
    appVersion: 1,
    network: 'unix',
    address: '/simulated',
    protocol: 'grpc',
  };
  return {
    end: (plugin) =>
      ends
        .get(plugin)
        .next({ type: 'process.exited', at: clock.now(), code: 1, signal: null, diagnosis: '' }),
    effects: {
      now: () => clock.now(),
      random: () => 0.5,
      sampleHost: () => ({ monotonicMs: 0, wallMs: 0, eventLoopActiveMs: 0, messagesReceived: 0 }),
      process({ plugin }) {
        const end = new Subject();
        ends.set(plugin, end);
        const process = { pid: 1, startedAt: clock.now(), stderrTail: () => '' };
        return concat(of({ type: 'process.started', process }), end);
      },
      pollProcess: () => EMPTY,
      logs: () => NEVER,
      handshake: () =>
        of({ type: 'handshake.read', handshake: { ...handshake, certificate: null, multiplexed: false } }),
      dial: () =>
        of({ type: 'channel.ready', channel: { address: 'unix:/simulated', transport: 'plaintext' } }),
      connection: () => NEVER,
      probe: () => of({ type: 'probe.passed', ms: 1 }),
      redial: () => of({ type: 'probe.passed', ms: 1 }),
      greet: () => of({ type: 'greeting.received' }),
      watch: () => of({ type: 'watch.unavailable' }),
      onActivate: () => of({ type: 'hook.returned', hooks: null }),
      onDeactivate: () => of({ type: 'hook.returned', hooks: null }),
      stdio: () => concat(of({ type: 'stdio.opened' }), NEVER),
      broker: () => NEVER,
      drain: () => of({ type: 'drain.finished' }),
      shutdown: () => NEVER,
      signal: () => NEVER,
    },
  };
}

function bundleOf(id) {
  const manifest = { id, name: id, version: '1.0.0', server: {}, requires: [], supervision: {}, env: {} };
  return { directory: '', manifestPath: '', manifest, runtime: 'executable', entry: '' };
}

/** Microseconds per plugin of each step. */
function measureTree(count) {
  const clock = stillClock();
  const simulator = immediateEffects(clock);
  const root = createActor(createEnvironmentMachine(simulator.effects, { random: () => 0 }), {
    clock,
    input: {},
  });
  indexDelays(root);
  const ids = Array.from({ length: count }, (_, index) => `com.example.p${index}`);
  const policy = composePolicy({ health: { intervalMs: 2 ** 30 } });
  const costs = {};
  const measure = (name, act) => {
    const before = performance.now();
    act();
    costs[name] = ((performance.now() - before) * 1000) / count;
  };
  root.start();
  measure('add', () =>
    root.send({
      type: 'bundles.added',
      bundles: ids.map((id) => ({ bundle: bundleOf(id), policy, generation: 0 })),
    }),
  );
  measure('start', () => {
    root.send({ type: 'environment.activateAll' });
    clock.flush();
  });
  measure('crash and restart', () => {
    for (const id of ids) simulator.end(id);
    clock.flush();
  });
  const states = new Set(ids.map((id) => JSON.stringify(root.system.get(id).getSnapshot().value)));
  if (states.size !== 1 || !states.has('{"live":"healthy"}')) throw new Error(`not healthy: ${[...states]}`);
  measure('stop', () => {
    root.send({ type: 'environment.stop' });
    for (const id of ids) simulator.end(id);
    clock.flush();
  });
  if (root.getSnapshot().status !== 'done') throw new Error('The tree did not stop.');
  return costs;
}

measureTree(few);
measureTree(many);
const runs = Array.from({ length: rounds }, () => ({ [many]: measureTree(many), [few]: measureTree(few) }));
for (const step of ['add', 'start', 'crash and restart', 'stop']) {
  const costs = Object.fromEntries(
    [many, few].map((count) => [`among ${count}`, median(runs.map((run) => run[count][step]))]),
  );
  printMeasure(`tree: ${step}, for one plugin`, 'µs', costs);
}
