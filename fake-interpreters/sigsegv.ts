import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ crash: { signal: 'SIGSEGV' } });
