import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ network: 'tcp', broker: true, tls: 'answers', multiplexing: 'speaks' });
