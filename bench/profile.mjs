// Where the time of a call goes in the caller's process: a CPU profile of unary calls by layer, and its hottest functions.
//
//   node bench/profile.mjs [calls in flight, default 50] [calls, default 100000] [--top N]
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { withEspaliers } from './hosts.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { top: { type: 'string', default: '25' } },
});
const [inFlight = 50, calls = 100_000] = positionals.map(Number);
const root = fileURLToPath(new URL('../', import.meta.url));

/** The layer that a frame of the profile belongs to. */
function layerOf({ url, functionName }) {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(idle)') return 'idle';
  if (functionName.startsWith('(')) return 'V8 and native code';
  if (url.startsWith('node:')) return url.replace(/^(node:(internal\/)?[^/:]+).*/, '$1');
  const path = url.replace(/^file:\/\//, '').replace(root, '');
  const inPackage = /node_modules\/((@[^/]+\/)?[^/]+)/.exec(path);
  if (inPackage !== null) return inPackage[1];
  return path.replace(/^dist\/esm\//, 'espalier ').replace(/\/[^/]*$/, '');
}

function selfTimes({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const layers = new Map();
  const functions = new Map();
  const add = (map, key, time) => map.set(key, (map.get(key) ?? 0) + time);
  samples.forEach((id, at) => {
    const { callFrame } = byId.get(id);
    add(layers, layerOf(callFrame), timeDeltas[at]);
    const place = callFrame.url.replace(/^file:\/\//, '').replace(root, '');
    add(
      functions,
      `${callFrame.functionName || '(anonymous)'} ${place}:${callFrame.lineNumber + 1}`,
      timeDeltas[at],
    );
  });
  return { layers, functions };
}

function print(title, times, most) {
  console.log(`${title}, µs a call`);
  const rows = [...times].filter(([name]) => name !== 'idle').sort(([, one], [, other]) => other - one);
  for (const [name, time] of rows.slice(0, most))
    console.log(`  ${(time / calls).toFixed(3).padStart(8)}  ${name}`);
}

await withEspaliers({ espalier: 'off' }, async ({ espalier }) => {
  await espalier.start();
  await espalier.unary({ inFlight, calls: 20_000 });
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const before = process.cpuUsage();
  await espalier.unary({ inFlight, calls });
  const { user, system } = process.cpuUsage(before);
  const { profile } = await session.post('Profiler.stop');
  const { layers, functions } = selfTimes(profile);
  console.log(
    `${calls} unary calls of 100 bytes, ${inFlight} in flight: ${((user + system) / calls).toFixed(1)} µs of CPU a call (${(system / calls).toFixed(1)} in the kernel), profiler included`,
  );
  print('by layer', layers, 20);
  print('hottest functions', functions, Number(values.top));
});
