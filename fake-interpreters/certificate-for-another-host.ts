import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ tls: 'names-another-host' });
