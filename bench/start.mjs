// From the spawn of a plugin to its first answered call, by Espalier and by go-plugin's own host.
import { withHosts } from './hosts.mjs';
import { median, printMeasure } from './statistics.mjs';

const warmups = 3;
const rounds = 31;

for (const mtls of [false, true])
  await withHosts({ mtls }, async (hosts) => {
    const measured = { espalier: [], reference: [] };
    for (let round = 0; round < warmups + rounds; round += 1) {
      // Who begins changes with every round.
      const order = round % 2 === 0 ? ['espalier', 'reference'] : ['reference', 'espalier'];
      for (const name of order) {
        const ms = await hosts[name].start();
        await hosts[name].stop();
        if (round >= warmups) measured[name].push(ms);
      }
    }
    const how = mtls ? 'with AutoMTLS' : 'in the clear';
    printMeasure(`spawn to the first answered call ${how}, median of ${rounds} interleaved rounds`, 'ms', {
      Espalier: median(measured.espalier),
      'go-plugin': median(measured.reference),
    });
  });
