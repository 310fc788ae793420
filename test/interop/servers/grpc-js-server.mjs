// The test service on grpc-js, on a port of its own until stdin ends; an argument is the longest age of a connection in ms.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { duplexReplies, sizeOf, TestService } from './test-service.mjs';

const [age] = process.argv.slice(2);
const server = new Server({
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  ...(age && { 'grpc.max_connection_age_ms': Number(age), 'grpc.max_connection_age_grace_ms': 20_000 }),
});
server.addService(TestService.service, {
  EmptyCall: (call, done) => done(null, {}),
  UnaryCall: (call, done) => done(null, { payload: { body: Buffer.alloc(call.request.response_size) } }),
  StreamingInputCall(call, done) {
    let total = 0;
    call.on('data', (request) => (total += sizeOf(request)));
    call.on('end', () => done(null, { aggregated_payload_size: total }));
  },
  StreamingOutputCall(call) {
    for (const reply of duplexReplies(call.request)) call.write(reply);
    call.end();
  },
  FullDuplexCall(call) {
    call.on('data', (request) => {
      for (const reply of duplexReplies(request)) call.write(reply);
    });
    call.on('end', () => call.end());
  },
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`127.0.0.1:${port}`);
});
process.stdin.resume().on('end', () => process.exit(0));
