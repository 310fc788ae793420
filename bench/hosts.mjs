// The hosts behind one interface, each over its own process of the same plugin:
//   start()                    starts the plugin; the milliseconds until its first call was answered
//   unary({inFlight, calls})   makes that many calls; the milliseconds of the whole, and of each call
//   stop()                     brings the plugin down
//   close()                    leaves nothing behind
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchPrograms } from './build.mjs';
import { key } from './calls.mjs';
import { espalierHost } from './espalier-host.mjs';
import { nodeHost } from './node-host.mjs';
import { referenceHost } from './reference-host.mjs';
import { useRunFolder } from '../scripts/run-folder.mjs';

/** Runs a benchmark with Espalier, the barest host in Node and go-plugin's own, with AutoMTLS or in the clear. */
export function withHosts({ mtls }, benchmark) {
  return withPlugin(async (place, open) => {
    await benchmark({
      espalier: open(await espalierHost(place, { mtls })),
      node: open(nodeHost(place)),
      reference: open(referenceHost(place, { mtls })),
    });
  });
}

/** Runs a benchmark with one Espalier for each way to multiplex, by name. */
export function withEspaliers(ways, benchmark) {
  return withPlugin(async (place, open) => {
    const hosts = {};
    for (const [name, multiplex] of Object.entries(ways))
      hosts[name] = open(await espalierHost(place, { multiplex }));
    await benchmark(hosts);
  });
}

/** A folder with the plugin's file, and hosts, which are closed afterwards. */
async function withPlugin(benchmark) {
  const folder = useRunFolder();
  writeFileSync(join(folder, `kv_${key}`), 'x'.repeat(100));
  const hosts = [];
  const open = (host) => {
    hosts.push(host);
    return host;
  };
  try {
    await benchmark({ ...benchPrograms(), folder }, open);
  } finally {
    for (const host of hosts) await host.close();
  }
}
