import { attackHost, serving } from './lib/attack.js';
import { rawFrame } from './lib/raw-http2.js';

/** Type and length of frames that HTTP/2 has in no such length. */
const wrong = [
  [6, 5],
  [3, 3],
  [8, 5],
  [7, 7],
  [4, 5],
  [2, 4],
  [5, 1],
] as const;

let next = 0;

attackHost({
  answer(stream, { number, socket }) {
    // The connection that calls take has to hold, so that there is a fresh one beside it.
    if (number === 1 || stream.path !== '/grpc.health.v1.Health/Check') return false;
    const [type, length] = wrong[next % wrong.length] ?? wrong[0];
    next += 1;
    stream.answer(serving);
    socket.write(rawFrame(type, 0, type === 3 || type === 2 ? stream.id : 0, Buffer.alloc(length)));
    return true;
  },
});
