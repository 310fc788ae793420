import { openSync } from 'node:fs';
import { servePlugin } from './lib/serve-plugin.js';

const mostFiles = 5000;

servePlugin({
  onHealthAnswer: () => {
    for (let file = 0; file < mostFiles; file += 1) openSync('/dev/null', 'r');
  },
});
