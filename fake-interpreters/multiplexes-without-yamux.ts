import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ broker: true, multiplexing: 'claims-only' });
