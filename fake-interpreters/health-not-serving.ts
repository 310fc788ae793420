import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ health: 'NOT_SERVING' });
