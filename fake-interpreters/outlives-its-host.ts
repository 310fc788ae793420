import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ noticesItsHost: false });
