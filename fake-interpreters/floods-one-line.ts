import { flood } from './lib/flood.js';
import { servePlugin } from './lib/serve-plugin.js';

servePlugin({
  afterTheLine: () => {
    flood(process.stderr, '');
  },
});
