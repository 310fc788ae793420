import {
  status,
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { serverStream, unary } from './method.js';
import { servingStatus, text } from './wire.js';

const definition = {
  Check: unary('/grpc.health.v1.Health/Check', text, servingStatus),
  Watch: serverStream('/grpc.health.v1.Health/Watch', text, servingStatus),
};

/** `plugin`, go-plugin's name, or an empty one for the whole server. */
interface Asked {
  readonly text: string;
}

type Watch = ServerWritableStream<Asked, number>;

const serving = 1;
const serviceUnknown = 3;

const served: readonly string[] = ['plugin', ''];

/** `grpc.health.v1.Health`: says that the plugin serves, until it ends. */
export function createHealth() {
  const watches = new Set<Watch>();
  const implementation = {
    Check({ request }: ServerUnaryCall<Asked, number>, answer: sendUnaryData<number>) {
      if (served.includes(request.text)) answer(null, serving);
      else answer({ code: status.NOT_FOUND, details: `unknown service: ${request.text}` });
    },
    Watch(call: Watch) {
      watches.add(call);
      call.on('cancelled', () => watches.delete(call));
      call.write(served.includes(call.request.text) ? serving : serviceUnknown);
    },
  };
  return {
    addTo(server: Server) {
      server.addService(definition, implementation);
    },
    /** Ends every watch, so that none holds up the server's stop. */
    close() {
      for (const watch of watches) watch.end();
    },
  };
}
