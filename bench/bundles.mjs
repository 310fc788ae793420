// What 10,000 bundles in each shape cost `createEnvironment`: the whole time, and the longest stall of the event loop.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createEnvironment } from '../dist/esm/index.js';

const count = Number(process.argv[2] ?? 10_000);
const shapes = {
  independent: (index) => ({ id: `bundle-${index}` }),
  chain: (index) => ({ id: `bundle-${index}`, requires: index === 0 ? [] : [`bundle-${index - 1}`] }),
  cycle: (index) => ({ id: `bundle-${index}`, requires: [`bundle-${(index + 1) % count}`] }),
  star: (index) => ({ id: `bundle-${index}`, requires: index === 0 ? [] : ['bundle-0'] }),
  collector: (index) => ({ id: `bundle-${index}`, requires: index === 0 ? allButFirst() : [] }),
  duplicates: () => ({ id: 'the-same' }),
};

function allButFirst() {
  // A manifest may name so many, as it is bounded in bytes and values.
  return Array.from({ length: count - 1 }, (_, index) => `bundle-${index + 1}`);
}

for (const [name, manifestOf] of Object.entries(shapes)) {
  const directory = mkdtempSync(join(tmpdir(), 'bundles-'));
  try {
    for (let index = 0; index < count; index += 1) {
      mkdirSync(join(directory, String(index)));
      const manifest = { server: { executable: 'plugin.py' }, ...manifestOf(index) };
      writeFileSync(join(directory, String(index), 'plugin.json'), JSON.stringify(manifest));
      writeFileSync(join(directory, String(index), 'plugin.py'), '');
    }
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const begun = performance.now();
    const env = await createEnvironment({ pluginDir: directory });
    const milliseconds = Math.round(performance.now() - begun);
    delay.disable();
    const broken = env.available().filter(({ error }) => error !== null && error !== undefined).length;
    console.log(
      `${name}: ${milliseconds} ms, longest stall ${Math.round(delay.max / 1e6)} ms, ${broken} of ${count} broken`,
    );
    await env.shutdown();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
