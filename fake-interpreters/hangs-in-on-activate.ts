import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ hooks: { OnActivate: 'hangs' } });
