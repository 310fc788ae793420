import { attackHost } from './lib/attack.js';
import { rawFields, rawFrame } from './lib/raw-http2.js';

attackHost({
  answer({ id }, { socket }) {
    const fields = rawFields([
      [':status', '404'],
      ['content-type', 'text/html'],
    ]);
    socket.write(rawFrame(1, 4, id, fields));
    socket.write(rawFrame(0, 1, id, Buffer.from('<h1>Not found</h1>')));
    return true;
  },
});
