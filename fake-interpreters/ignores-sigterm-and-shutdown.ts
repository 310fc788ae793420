import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ controller: 'ignored', ignoreSigterm: true });
