import { servePlugin } from './lib/serve-plugin.js';

servePlugin({ watchPreventsExit: true });
