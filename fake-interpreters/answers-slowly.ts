import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ slownessMs: 500 });
