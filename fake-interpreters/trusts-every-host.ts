import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ tls: 'trusts-everyone' });
