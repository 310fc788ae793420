import { flood } from './lib/print.js';
import { servePlugin } from './lib/serve-plugin.js';

servePlugin({
  onHandshakePrinted: () => {
    flood(process.stdout);
  },
});
