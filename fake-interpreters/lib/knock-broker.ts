import type { ConnectionInjector, ServerDuplexStream } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import type { YamuxSession } from '../../src/effects/yamux/yamux-session.js';
import { brokeredCredentials, echoServer, type BrokerHandlers } from './broker.js';
import { callOver } from './unary-call-over-stream.js';
import { fakeService } from './fake-service.js';
import type { ConnInfo } from './messages.js';
import type { ServerTls } from './tls.js';

/** How a host's knocks are answered. */
export type KnockBehaviour = 'accepted' | 'ignored' | 'refused';

/** go-plugin's timeout of a knock, in milliseconds. */
const answerTimeoutMs = 5_000;

/** A GRPCBroker over one connection, like go-plugin's: knock, wait for the answer, open a stream; one at a time. */
export function createKnockBroker(tls: ServerTls, behaviour: KnockBehaviour, onControl: () => void) {
  const served = new Map<number, ConnectionInjector>();
  const earlyKnocks = new Set<number>();
  /** The ids of the next streams, in the order in which their knocks were answered. */
  const expected: number[] = [];
  const answers = new Map<number, (error: string) => void>();
  let session: YamuxSession | null = null;
  let control: ServerDuplexStream<ConnInfo, ConnInfo> | null = null;
  let dialQueue: Promise<unknown> = Promise.resolve();
  let lastId = 0;

  const send = (id: number, ack: boolean, error = ''): void => {
    control?.write({ id, network: '', address: '', knock: { ack, error } });
  };
  const acknowledge = (id: number): void => {
    expected.push(id);
    send(id, true);
  };
  const handleKnock = (id: number): void => {
    if (behaviour === 'refused') send(id, true, 'nobody is at home');
    else if (behaviour === 'accepted' && served.has(id)) acknowledge(id);
    else if (behaviour === 'accepted') earlyKnocks.add(id);
  };

  async function open(id: number): Promise<Duplex> {
    const answered = new Promise<string>((resolve) => {
      answers.set(id, resolve);
      setTimeout(resolve, answerTimeoutMs, 'timeout waiting for the answer to a knock').unref();
    });
    send(id, false);
    const error = await answered;
    answers.delete(id);
    if (error !== '' || session === null) throw new Error(error);
    return session.open();
  }

  /** Waits for earlier knocks, as a stream belongs to the last answered knock. */
  function dial(id: number): Promise<Duplex> {
    const dialled = dialQueue.then(() => open(id));
    dialQueue = dialled.catch(() => undefined);
    return dialled;
  }

  const handlers: BrokerHandlers = {
    StartStream(call) {
      control = call;
      call.on('error', () => undefined);
      call.on('data', ({ id, knock }: ConnInfo) => {
        if (knock?.ack === true) answers.get(id)?.(knock.error);
        else if (knock !== undefined) handleKnock(id);
      });
      onControl();
    },
    EchoFromHost({ request: { id, text } }, answer) {
      dial(id)
        .then((stream) => callOver(stream, tls, fakeService.Echo, Buffer.from(text)))
        .then(
          (bytes) => {
            answer(null, { text: bytes.toString() });
          },
          (error: unknown) => {
            answer(error as Error);
          },
        );
    },
    ServeEcho(_call, answer) {
      lastId += 1;
      served.set(lastId, echoServer().createConnectionInjector(brokeredCredentials(tls)));
      if (earlyKnocks.delete(lastId)) acknowledge(lastId);
      answer(null, { id: lastId });
    },
    EndEcho({ request: { id } }, answer) {
      served.delete(id);
      answer(null, {});
    },
    Announce({ request }, answer) {
      control?.write(request);
      answer(null, {});
    },
  };

  return {
    handlers,
    end() {
      control?.end();
    },
    begin(over: YamuxSession) {
      session = over;
    },
    /** Accepts a stream of the host if a knock announced it. */
    take(stream: Duplex): boolean {
      const id = expected.shift();
      if (id === undefined) return false;
      served.get(id)?.injectConnection(stream);
      return true;
    },
  };
}
