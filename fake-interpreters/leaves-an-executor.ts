import { spawn } from 'node:child_process';
import { servePlugin } from './lib/serve-plugin.js';

const { ESPALIER_TOKEN: _, ...env } = process.env;
const executor = spawn('sleep', ['60'], { stdio: 'ignore', detached: true, env });
executor.unref();

servePlugin({ grandchild: executor.pid ?? 0 });
