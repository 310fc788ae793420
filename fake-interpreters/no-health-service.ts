import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ health: 'absent' });
