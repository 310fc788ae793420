// What multiplexing costs: the start, and unary calls, of the same plugin over a socket of its own and over yamux.
import { withEspaliers } from './hosts.mjs';
import { median, printMeasure, quantile } from './statistics.mjs';

const rounds = 7;
const loads = [
  { inFlight: 1, calls: 1_000 },
  { inFlight: 50, calls: 5_000 },
];
const ways = { multiplexed: 'required', 'not multiplexed': 'off' };

await withEspaliers(ways, async (hosts) => {
  const starts = await interleaved(hosts, async (host) => {
    const ms = await host.start();
    await host.stop();
    return ms;
  });
  printMeasure(
    `start: median of ${rounds} interleaved rounds`,
    'ms',
    medians(starts, (ms) => ms),
  );
  for (const host of Object.values(hosts)) await host.start();
  for (const load of loads) {
    const results = await interleaved(hosts, (host) => host.unary(load));
    const heading = `${load.inFlight} in flight, ${load.calls} calls, median of ${rounds} interleaved rounds`;
    const p50 = medians(results, ({ latencies }) => quantile(latencies, 0.5));
    printMeasure(`latency p50: ${heading}`, 'ms', p50);
    const rate = medians(results, ({ ms }) => (load.calls * 1000) / ms);
    printMeasure(`throughput: ${heading}`, 'calls/s', rate);
  }
});

function medians(results, figure) {
  return Object.fromEntries(Object.entries(results).map(([name, of]) => [name, median(of.map(figure))]));
}

/** The results for every host, round by round; the first round warms up and does not count. */
async function interleaved(hosts, measure) {
  const names = Object.keys(hosts);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length];
      const result = await measure(hosts[name]);
      if (round > 0) results[name].push(result);
    }
  }
  return results;
}
