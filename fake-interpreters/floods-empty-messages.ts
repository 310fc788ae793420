import { attackHost } from './lib/attack.js';
import { rawMessage } from './lib/raw-http2.js';

const many = Buffer.concat(Array.from({ length: 3000 }, () => rawMessage(Buffer.alloc(0))));

attackHost({
  answer(stream) {
    if (stream.path !== '/espalier.fake.v1.Fake/Stream') return false;
    stream.begin();
    stream.flood(() => many);
    return true;
  },
});
