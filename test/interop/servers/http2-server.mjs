// The test service on node:http2 alone, on a port of its own until stdin ends; an argument is after how many ms each
// connection gets a GOAWAY.
import { createServer } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { duplexReplies, sizeOf, TestService } from './test-service.mjs';

const [age] = process.argv.slice(2);
const methods = new Map(Object.values(TestService.service).map((method) => [method.path, method]));
const server = createServer({ settings: { initialWindowSize: 1 << 20 } });
if (age)
  server.on('session', (session) => {
    const timer = setTimeout(() => session.close(), Number(age));
    session.on('close', () => clearTimeout(timer));
  });
server.on('stream', (stream, headers) => {
  const path = headers[':path'];
  const { requestDeserialize, responseSerialize } = methods.get(path) ?? {};
  stream.on('error', () => undefined);
  if (requestDeserialize === undefined || path.endsWith('UnimplementedCall')) {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
      { endStream: true },
    );
    return;
  }
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  const reply = (message) => {
    const bytes = responseSerialize(message);
    const framed = Buffer.alloc(5 + bytes.length);
    framed.writeUInt32BE(bytes.length, 1);
    bytes.copy(framed, 5);
    stream.write(framed);
  };
  let total = 0;
  const received = (request) => {
    if (path.endsWith('EmptyCall')) reply({});
    else if (path.endsWith('UnaryCall')) reply({ payload: { body: Buffer.alloc(request.response_size) } });
    else if (path.endsWith('InputCall')) total += sizeOf(request);
    else for (const answer of duplexReplies(request)) reply(answer);
  };
  let held = Buffer.alloc(0);
  let parts = [];
  let bytes = 0;
  let needed = 5;
  stream.on('data', (chunk) => {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes < needed) return;
    held = Buffer.concat(parts);
    while (held.length >= 5 && held.length >= 5 + held.readUInt32BE(1)) {
      const end = 5 + held.readUInt32BE(1);
      const message = held.subarray(5, end);
      received(requestDeserialize(held[0] === 1 ? gunzipSync(message) : message));
      held = held.subarray(end);
    }
    needed = held.length >= 5 ? 5 + held.readUInt32BE(1) : 5;
    parts = [held];
    bytes = held.length;
  });
  stream.on('end', () => {
    if (path.endsWith('InputCall')) reply({ aggregated_payload_size: total });
    stream.end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
