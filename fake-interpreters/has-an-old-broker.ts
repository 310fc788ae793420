import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ broker: true, brokeredName: 'unused', tls: 'answers' });
