// From the spawn of a plugin to its first answered call: by Espalier, by the barest host in Node, and by go-plugin's own.
import { withHosts } from './hosts.mjs';
import { median, printMeasure } from './statistics.mjs';

const warmups = 3;
const rounds = 31;

for (const mtls of [false, true])
  await withHosts({ mtls }, async ({ espalier, node, reference }) => {
    // The barest host has no certificates.
    const hosts = { Espalier: espalier, ...(!mtls && { 'node:http2 alone': node }), 'go-plugin': reference };
    const names = Object.keys(hosts);
    const measured = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < warmups + rounds; round += 1) {
      for (let turn = 0; turn < names.length; turn += 1) {
        // Who begins changes with every round.
        const name = names[(round + turn) % names.length];
        const ms = await hosts[name].start();
        await hosts[name].stop();
        if (round >= warmups) measured[name].push(ms);
      }
    }
    const how = mtls ? 'with AutoMTLS' : 'in the clear';
    printMeasure(
      `spawn to the first answered call ${how}, median of ${rounds} interleaved rounds`,
      'ms',
      Object.fromEntries(names.map((name) => [name, median(measured[name])])),
    );
  });
