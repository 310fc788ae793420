import { attackHost } from './lib/attack.js';

const lines = Buffer.from('x\n'.repeat(32 * 1024));

attackHost({
  afterHealth() {
    for (const pipe of [process.stdout, process.stderr]) {
      const pour = () => {
        if (pipe.write(lines)) setImmediate(pour);
        else pipe.once('drain', pour);
      };
      pour();
    }
  },
});
