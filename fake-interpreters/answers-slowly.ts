import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ healthDelayMs: 500 });
