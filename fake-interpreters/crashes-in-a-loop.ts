import { servePlugin } from './lib/serve-plugin.js';

servePlugin({
  onHealthAnswer: () => {
    setTimeout(() => process.exit(1), 100);
  },
});
