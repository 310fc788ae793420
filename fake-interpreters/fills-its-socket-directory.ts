import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attackHost } from './lib/attack.js';

const files = 100_000;
const folder = join(process.env.PLUGIN_UNIX_SOCKET_DIR ?? '', 'many');

attackHost({
  afterHealth() {
    mkdirSync(folder);
    for (let file = 0; file < files; file += 1) writeFileSync(join(folder, String(file)), '');
    process.exit(1);
  },
});
