import { servePlugin } from './lib/serve-plugin.js';

const bite = 8 * 1024 * 1024;
const mostBites = 64;
const eaten: Buffer[] = [];

servePlugin({
  onHealthAnswer: () => {
    setInterval(() => {
      if (eaten.length < mostBites) eaten.push(Buffer.alloc(bite, 1));
    }, 4);
  },
});
