import { attackHost } from './lib/attack.js';

/** 60 KiB of one JSON record with thousands of fields. */
const fields = Array.from({ length: 5000 }, (_, key) => `"k${key}":1`).join(',');
const record = Buffer.from(`{"@level":"info","@message":"m",${fields}}\n`);

attackHost({
  afterHealth() {
    const pour = () => {
      if (process.stderr.write(record)) setImmediate(pour);
      else process.stderr.once('drain', pour);
    };
    pour();
  },
});
