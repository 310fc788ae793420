import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ crash: { code: 1 } });
