import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ broker: true, tls: 'answers', multiplexing: 'greets' });
