import { servePlugin } from './lib/serve-plugin.js';

setTimeout(servePlugin, 300);
