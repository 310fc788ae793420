import { openSync } from 'node:fs';
import { servePlugin } from './lib/serve-plugin.js';

const mostFiles = 5000;

function openAll(): void {
  for (let file = 0; file < mostFiles; file += 1) openSync('/dev/null', 'r');
}

servePlugin({
  // Later, as a server catches what its handlers throw.
  onHealthAnswer: () => {
    setImmediate(openAll);
  },
});
