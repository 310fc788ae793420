import { spawn } from 'node:child_process';
import { servePlugin } from './lib/serve-plugin.js';

const env = { ...process.env };
delete env.ESPALIER_TOKEN;
const executor = spawn('sleep', ['60'], { stdio: 'ignore', detached: true, env });
executor.unref();

servePlugin({ grandchild: executor.pid ?? 0 });
