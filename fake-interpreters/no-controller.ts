import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ controller: false });
