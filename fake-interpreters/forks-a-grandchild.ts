import { spawn } from 'node:child_process';
import { servePlugin } from './lib/serve-plugin.js';

// It ends by itself after a while, so that a test that fails leaves nothing for ever.
const grandchild = spawn('/bin/sleep', ['60'], { stdio: ['ignore', 'inherit', 'inherit'] });

servePlugin({ grandchild: grandchild.pid ?? null });
