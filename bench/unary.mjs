// Unary calls by Espalier, by grpc-js alone, by node:http2 alone, and by go-plugin's own host: latency, calls a second,
// and what a call takes of the caller's processor.
import { withHosts } from './hosts.mjs';
import { median, printMeasure, quantile } from './statistics.mjs';

const rounds = 7;
const loads = [
  { inFlight: 1, calls: 1_000 },
  { inFlight: 50, calls: 5_000 },
  { inFlight: 500, calls: 10_000 },
];

await withHosts({ mtls: false }, async ({ espalier, node, reference }) => {
  await espalier.start();
  await node.start();
  await reference.start();
  for (const load of loads) {
    const measures = {
      Espalier: () => espalier.unary(load),
      'grpc-js alone': () => espalier.bareUnary(load),
      'node:http2 alone': () => node.unary(load),
      'go-plugin': () => reference.unary(load),
    };
    const results = await interleaved(measures);
    const heading = `${load.inFlight} in flight, ${load.calls} calls, median of ${rounds} interleaved rounds`;
    const each = (figure) =>
      Object.fromEntries(Object.entries(results).map(([name, of]) => [name, median(of.map(figure))]));
    printMeasure(
      `latency p50: ${heading}`,
      'ms',
      each(({ latencies }) => quantile(latencies, 0.5)),
    );
    printMeasure(
      `latency p95: ${heading}`,
      'ms',
      each(({ latencies }) => quantile(latencies, 0.95)),
    );
    printMeasure(
      `throughput: ${heading}`,
      'calls/s',
      each(({ ms }) => (load.calls * 1000) / ms),
    );
    // The Go host is another process, of which this one only hears.
    const cpu = each((result) => result.cpu / load.calls);
    printMeasure(`CPU of the caller's process for a call: ${heading}`, 'µs', {
      Espalier: cpu.Espalier,
      'node:http2 alone': cpu['node:http2 alone'],
      'grpc-js alone': cpu['grpc-js alone'],
    });
  }
});

/** The results of every measure, round by round; the first round warms up and does not count. */
async function interleaved(measures) {
  const names = Object.keys(measures);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length];
      const before = process.cpuUsage();
      const result = await measures[name]();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) results[name].push({ ...result, cpu: user + system });
    }
  }
  return results;
}
