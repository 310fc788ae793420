import { flood } from './lib/flood.js';
import { servePlugin } from './lib/serve-plugin.js';

servePlugin({
  onHandshakePrinted: () => {
    flood(process.stderr, '');
  },
});
