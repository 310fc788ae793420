import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ network: 'tcp', maxConnectionAgeMs: 30 });
