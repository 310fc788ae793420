// A host that is to be killed: it starts all plugins, then starts, restarts, stops and kills them at random, endlessly.
// It prints each status event as `<plugin> <state>`.
import { createEnvironment, seededRandom } from '../../dist/esm/index.js';

const { pluginDir, env: variables, seed, pauseMs } = JSON.parse(process.argv[2]);
const random = seededRandom(seed);
const pick = (list) => list[Math.floor(random() * list.length)];

const env = await createEnvironment({
  pluginDir,
  env: variables,
  policy: {
    restart: { backoff: { firstMs: 0, baseMs: 20, capMs: 200 }, intensity: 1000 },
    deadlines: { startMs: 5000, drainMs: 20, shutdownMs: 50, termMs: 50 },
  },
});
env.events.subscribe((event) => {
  if (event.type === 'plugin.status') process.stdout.write(`${event.plugin} ${event.status.state}\n`);
});
process.stdout.write('ready\n');

const actions = [
  (id) => env.activate(id),
  (id) => env.restartPlugin(id),
  (id) => env.deactivate(id),
  (id) => {
    const { pid } = env.status(id);
    if (pid !== null) process.kill(pid, 'SIGKILL');
  },
];
const ids = env.available().map(({ id }) => id);
for (const id of ids) env.activate(id).catch(() => undefined);
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, random() * pauseMs));
  Promise.resolve()
    .then(() => pick(actions)(pick(ids)))
    .catch(() => undefined);
}
