import { servePlugin } from './lib/serve-plugin.js';

process.stdin.on('data', (bytes: Buffer) => {
  process.stderr.write(`stdin: ${bytes.toString()}`);
});
process.stdin.on('end', () => {
  process.stderr.write('stdin: end\n');
});
servePlugin();
