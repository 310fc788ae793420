// What the plugin prints after its handshake line, as the stream that the host subscribes to.

const STDOUT = 1;
const STDERR = 2;
const CHUNK = 1024;
const CAPACITY = 256 * 1024;

/**
 * `capture` takes over `process.stdout` and `process.stderr`, `stream` is the handler of StreamStdio, and
 * `release` gives them back. What does not fit while the host takes nothing goes to the process's own streams.
 */
export function createStdio() {
  const own = { [STDOUT]: process.stdout.write, [STDERR]: process.stderr.write };
  const streams = { [STDOUT]: process.stdout, [STDERR]: process.stderr };
  const waiting = [];
  let size = 0;
  let subscriber = null;
  let full = false;

  const take = () => {
    const message = waiting.shift();
    size -= message.data.length;
    return message;
  };
  const spill = ({ channel, data }) => own[channel].call(streams[channel], data);
  const send = () => {
    while (subscriber && !full && waiting.length > 0) full = !subscriber.write(take());
    while (size > CAPACITY) spill(take());
  };
  const print = (channel) => (text, encoding, callback) => {
    const data = Buffer.from(text, typeof encoding === 'string' ? encoding : 'utf8');
    for (let start = 0; start < data.length; start += CHUNK) {
      waiting.push({ channel, data: data.subarray(start, start + CHUNK) });
    }
    size += data.length;
    send();
    const written = typeof encoding === 'function' ? encoding : callback;
    if (written) process.nextTick(written);
    return true;
  };

  return {
    capture() {
      for (const channel of [STDOUT, STDERR]) streams[channel].write = print(channel);
    },
    stream(call) {
      subscriber?.end();
      subscriber = call;
      full = false;
      call.on('drain', () => {
        if (subscriber !== call) return;
        full = false;
        send();
      });
      call.on('cancelled', () => {
        if (subscriber === call) subscriber = null;
      });
      send();
    },
    release() {
      for (const channel of [STDOUT, STDERR]) streams[channel].write = own[channel];
      while (waiting.length > 0) {
        if (subscriber) subscriber.write(take());
        else spill(take());
      }
      subscriber?.end();
    },
  };
}
