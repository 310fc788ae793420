import { spawnSync } from 'node:child_process';
import { servePlugin } from './lib/serve-plugin.js';

// The shell is in a session of its own, so in another process group, and ends at once; what it forked is adopted.
const { stdout } = spawnSync('/bin/sh', ['-c', 'sleep 60 >/dev/null 2>&1 & echo $!'], {
  stdio: ['ignore', 'pipe', 'ignore'],
  detached: true,
} as object);

servePlugin({ grandchild: Number(stdout), exitsWithHost: false });
