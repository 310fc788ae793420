// The README's first command on real plugins: a fresh virtual environment, both examples checked step by step, then
// supervised while the visitor speaks with them and kills them, and nothing left at the end.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const cli = `${root}dist/esm/cli/main.js`;
const plugins = `${root}examples/plugins`;
const ids = ['com.example.hello-node', 'com.example.hello-python'];
const token = randomUUID();
const env = { ...process.env, ESPALIER_TEST_TOKEN: token };
const inherit = ['--inherit-env', 'PATH,HOME,ESPALIER_TEST_TOKEN'];

// A failed check must leave nothing running either; SIGTERM lets them bring their plugins down.
const started = [];
process.once('exit', () => {
  for (const child of started) child.kill('SIGTERM');
});

const run = (...args) => execFileSync(process.execPath, [cli, ...args], { cwd: root, env, encoding: 'utf8' });

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

function survivors() {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(token);
    } catch {
      return false;
    }
  });
}

rmSync(`${plugins}/hello-python/venv`, { recursive: true, force: true });
assert(
  run('prepare', plugins).includes('hello-python  ready (Python'),
  'The first prepare makes the environment.',
);
assert(/hello-python {2}ready$/m.test(run('prepare', plugins)), 'The second prepare does nothing.');
assert(existsSync(`${plugins}/hello-python/venv/bin/python`), 'The virtual environment exists.');
console.log('ok   espalier prepare, twice');

for (const name of ['hello-python', 'hello-node']) {
  const report = JSON.parse(run('check', '--json', ...inherit, `${plugins}/${name}`));
  assert(report.ok && report.steps.at(-1).name === 'shutdown', JSON.stringify(report));
  console.log(
    `ok   espalier check ${name}: ${report.steps.map((step) => `${step.name} ${step.ms} ms`).join(', ')}`,
  );
}
assert(survivors().length === 0, 'A check leaves nothing running.');

const supervised = spawn(
  process.execPath,
  [cli, 'run', '--json', ...inherit, '--with', `${root}examples/visitor.mjs`, plugins],
  { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] },
);
started.push(supervised);
const deadline = setTimeout(() => supervised.kill('SIGKILL'), 60_000);
const healthyGenerations = new Map();
const visited = new Set();
let asked = false;
for await (const line of createInterface({ input: supervised.stdout })) {
  const event = JSON.parse(line);
  if (event.type === 'plugin.status' && event.status.state === 'healthy') {
    healthyGenerations.set(event.plugin, event.status.generation);
  }
  const visit = /(\S+) remembers ".*" \(generation (\d+)/.exec(event.message ?? '');
  if (visit !== null) visited.add(`${visit[1]}@${visit[2]}`);
  const isDone = ids.every((id) => visited.has(`${id}@1`) && visited.has(`${id}@2`));
  // A second signal would end it at once.
  if (isDone && !asked) supervised.kill('SIGINT');
  asked ||= isDone;
}
const [code] = supervised.exitCode === null ? await once(supervised, 'exit') : [supervised.exitCode];
clearTimeout(deadline);
assert(code === 0, `espalier run ended with ${code}.`);
assert(
  ids.every((id) => healthyGenerations.get(id) >= 2),
  'Both plugins were killed and came back.',
);
assert(survivors().length === 0, 'Nothing is left running.');
console.log(`ok   espalier run: spoken with ${[...visited].sort().join(', ')}; nothing left`);

const server = spawn(process.execPath, [`${root}examples/embed-server/server.mjs`], {
  cwd: root,
  env: { ...env, PORT: '0', PLUGIN: 'com.example.hello-python' },
  stdio: ['ignore', 'pipe', 'ignore'],
});
started.push(server);
const [hello] = await once(createInterface({ input: server.stdout }), 'line');
const url = hello.split(' ').at(-1);
await fetch(`${url}/kv/greeting`, { method: 'PUT', body: 'hello' });
assert((await (await fetch(`${url}/kv/greeting`)).text()) === 'hello', 'The server answers from the plugin.');
assert((await fetch(`${url}/kv/nothing`)).status === 404, 'NOT_FOUND is 404.');
const [status] = (await (await fetch(`${url}/plugins`)).json()).filter(
  ({ id }) => id === 'com.example.hello-python',
);
process.kill(status.pid, 'SIGKILL');
const put = await fetch(`${url}/kv/greeting`, { method: 'PUT', body: 'hello again' });
assert(put.status === 204, `A request during the restart is answered (${put.status}).`);
server.kill('SIGTERM');
await once(server, 'exit');
assert(survivors().length === 0, 'The server leaves nothing behind.');
console.log('ok   the embedding server: answers from the Python plugin, before and after a kill');

execFileSync(process.execPath, ['--test', `${root}examples/testing/`], { cwd: root, encoding: 'utf8' });
console.log('ok   a server and a policy, tested without processes');
