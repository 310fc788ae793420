import { attackHost } from './lib/attack.js';
import { rawFields, rawFrame } from './lib/raw-http2.js';

let checks = 0;

attackHost({
  answer({ id, path }, { socket }) {
    checks += path === '/grpc.health.v1.Health/Check' ? 1 : 0;
    if (path.startsWith('/plugin.') || checks <= 1) return false;
    const one = rawFrame(
      1,
      4,
      id,
      rawFields([
        [':status', '103'],
        ['link', 'x'.repeat(100)],
      ]),
    );
    const many = Buffer.concat(Array.from({ length: 500 }, () => one));
    const pour = () => {
      while (!socket.destroyed && socket.write(many));
    };
    socket.on('drain', pour);
    pour();
    return true;
  },
});
