import { credentials as channelCredentials, Server, type ServerDuplexStream } from '@grpc/grpc-js';
import { callUnary, FakeClient } from './fake-client.js';
import { fakeService } from './fake-service.js';
import { listen, type Network } from './listen.js';
import { connInfo, type ConnInfo } from './messages.js';
import { duplex, json, unary, type Handlers } from './method.js';
import { credentialsOf, type ServerTls } from './tls.js';

export const brokerService = {
  StartStream: duplex('/plugin.GRPCBroker/StartStream', connInfo, connInfo),
};

/** The service by which a test controls the broker of a fake. */
export const brokerTestService = {
  /** Dials an id of the host and calls its Echo. */
  EchoFromHost: unary(
    '/espalier.fake.v1.Brokering/EchoFromHost',
    json<{ id: number; text: string }>(),
    json<{ text: string }>(),
  ),
  /** Serves Echo on an id of the plugin's own. */
  ServeEcho: unary('/espalier.fake.v1.Brokering/ServeEcho', json<object>(), json<{ id: number }>()),
  /** Stops serving an id. */
  EndEcho: unary('/espalier.fake.v1.Brokering/EndEcho', json<{ id: number }>(), json<object>()),
  /** Sends any announcement, true or not. */
  Announce: unary('/espalier.fake.v1.Brokering/Announce', json<ConnInfo>(), json<object>()),
};

export type BrokerHandlers = Handlers<typeof brokerService> & Handlers<typeof brokerTestService>;

/** A GRPCBroker like go-plugin's: announcements wait for dials, and dials for announcements. */
export function createBroker(tls: ServerTls, network: Network, hostName = 'localhost') {
  const announced = new Map<number, ConnInfo>();
  const waiting = new Map<number, (where: ConnInfo) => void>();
  const served = new Map<number, Server>();
  let control: ServerDuplexStream<ConnInfo, ConnInfo> | null = null;
  let lastId = 0;

  const addressOf = (id: number): Promise<ConnInfo> =>
    new Promise((resolve) => {
      const known = announced.get(id);
      announced.delete(id);
      if (known === undefined) waiting.set(id, resolve);
      else resolve(known);
    });

  async function echoFromHost(id: number, text: string): Promise<string> {
    const { network: kind, address } = await addressOf(id);
    const client = new FakeClient(kind === 'unix' ? `unix:${address}` : address, dialCredentials(tls), {
      'grpc.ssl_target_name_override': hostName,
      'grpc.default_authority': hostName,
    });
    try {
      return (await callUnary(client, fakeService.Echo, Buffer.from(text))).toString();
    } finally {
      client.close();
    }
  }

  async function serveEcho(): Promise<number> {
    lastId += 1;
    const id = lastId;
    const server = echoServer();
    served.set(id, server);
    const address = await listen(server, network, brokeredCredentials(tls));
    control?.write({ id, network, address });
    return id;
  }

  const handlers: BrokerHandlers = {
    StartStream(call) {
      control = call;
      call.on('data', (where: ConnInfo) => {
        const dial = waiting.get(where.id);
        waiting.delete(where.id);
        if (dial === undefined) announced.set(where.id, where);
        else dial(where);
      });
      call.on('error', () => undefined);
    },
    EchoFromHost({ request }, answer) {
      echoFromHost(request.id, request.text).then(
        (text) => {
          answer(null, { text });
        },
        (error: unknown) => {
          answer(error as Error);
        },
      );
    },
    ServeEcho(_call, answer) {
      void serveEcho().then((id) => {
        answer(null, { id });
      });
    },
    EndEcho({ request }, answer) {
      served.get(request.id)?.forceShutdown();
      answer(null, {});
    },
    Announce({ request }, answer) {
      control?.write(request);
      answer(null, {});
    },
  };

  function end() {
    control?.end();
  }

  return { handlers, end };
}

/** The server of an id of the plugin. */
export function echoServer(): Server {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(
    { Echo: fakeService.Echo },
    {
      Echo: (call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) => {
        answer(null, call.request);
      },
    },
  );
  return server;
}

function dialCredentials({ own }: ServerTls) {
  if (own === null) return channelCredentials.createInsecure();
  const { identity, host } = own;
  return channelCredentials.createSsl(
    Buffer.from(host),
    Buffer.from(identity.privateKeyPem),
    Buffer.from(identity.certificatePem),
  );
}

export function brokeredCredentials({ own, credentials }: ServerTls) {
  return own === null ? credentials : credentialsOf(own.identity, own.host);
}
