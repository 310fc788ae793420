import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import type { Acceptor } from '../../../src/effects/broker/acceptor.js';
import { createBrokerState, type ConnInfo } from '../../../src/effects/broker/broker-state.js';
import { createMultiplexedRoutes } from '../../../src/effects/broker/multiplexed-routes.js';
import { PluginError } from '../../../src/model/index.js';
import { endOf, quiet, sessionPair } from '../yamux/support.js';
import { untilTrue } from '../../support/until-true.js';

const anywhere = { network: 'yamux', address: '' };

/** The host's end over a real session, and the plugin's end of it, which says and opens what a test wants. */
async function createFixture() {
  const { client, server, sockets } = await sessionPair();
  const broker = createBrokerState();
  const sent: string[] = [];
  broker.outgoing.subscribe((message) => sent.push(describeMessage(message)));
  let now = 0;
  const routes = createMultiplexedRoutes(broker, client, () => now);
  const arrived: Duplex[] = [];
  server.onStream((stream) => arrived.push(quiet(stream)));
  const receive = (service_id: number, ack: boolean, error = ''): void => {
    routes.receive({ service_id, network: '', address: '', knock: { knock: true, ack, error } });
  };
  return {
    client,
    server,
    sockets,
    broker,
    routes,
    sent,
    arrived,
    knockFor: (id: number) => {
      receive(id, false);
    },
    acknowledge: (id: number, error?: string) => {
      receive(id, true, error);
    },
    pass: (ms: number) => {
      now += ms;
    },
    dial: (id: number) => watch(routes.open(id, anywhere, () => undefined)),
  };
}

function describeMessage({ service_id, knock }: ConnInfo): string {
  if (knock?.ack !== true) return `knock ${service_id}`;
  return knock.error === '' ? `ack ${service_id}` : `refuse ${service_id}`;
}

/** What comes of a dial, and how to give it up. */
function watch(dialled: Observable<Duplex>) {
  const seen: { stream: Duplex | null; error: PluginError | null } = { stream: null, error: null };
  const subscription = dialled.subscribe({
    next: (stream) => {
      seen.stream = stream.on('error', () => undefined);
    },
    error: (error: unknown) => {
      seen.error = error as PluginError;
    },
  });
  return {
    seen,
    cancel: () => {
      subscription.unsubscribe();
    },
  };
}

/** Takes connections and does nothing with them. */
function acceptor() {
  const accepted: Duplex[] = [];
  const port: Acceptor = {
    accept: (raw) => accepted.push(raw.on('error', () => undefined)),
    close: () => undefined,
  };
  return { accepted, port };
}

const reason = new PluginError({ code: 'BROKER_REFUSED', message: 'It is over.' });

describe("the host's knocks", () => {
  it('come one after the other, each stream before the next knock', async () => {
    const { dial, sent, acknowledge, arrived } = await createFixture();
    const dials = [1, 2, 3].map(dial);
    for (const id of [1, 2, 3]) {
      expect(sent.at(-1)).toBe(`knock ${id}`);
      expect(dials[id - 1]?.seen.stream).toBeNull();
      acknowledge(id);
      expect(dials[id - 1]?.seen.stream).not.toBeNull();
    }
    expect(sent).toEqual(['knock 1', 'knock 2', 'knock 3']);
    await untilTrue(() => arrived.length === 3);
  });

  it('that are refused fail, and the next one is sent', async () => {
    const { dial, sent, acknowledge, arrived } = await createFixture();
    const [refused, next] = [dial(1), dial(2)];
    acknowledge(1, 'no such service');
    expect(refused.seen.error).toMatchObject({
      code: 'BROKER_REFUSED',
      message: 'The plugin refused the knock for id 1: no such service.',
      facts: { id: 1 },
    });
    expect(sent).toEqual(['knock 1', 'knock 2']);
    acknowledge(2);
    expect(next.seen.stream).not.toBeNull();
    await untilTrue(() => arrived.length === 1);
  });

  it('that were cancelled open an unused stream when they are acknowledged late', async () => {
    const { dial, acknowledge, arrived } = await createFixture();
    const late = dial(1);
    const next = dial(2);
    late.cancel();
    acknowledge(1);
    acknowledge(2);
    await untilTrue(() => arrived.length === 2);
    expect(late.seen).toEqual({ stream: null, error: null });
    const [stray, meant] = arrived as [Duplex, Duplex];
    await once(stray.resume(), 'end');
    next.seen.stream?.write('hello');
    expect(String((await once(meant, 'data'))[0])).toBe('hello');
  });

  it('for one id are answered in their order, each with a stream of its own', async () => {
    const { dial, sent, acknowledge, arrived } = await createFixture();
    const [one, other] = [dial(7), dial(7)];
    acknowledge(7);
    expect(other.seen.stream).toBeNull();
    acknowledge(7);
    expect(sent).toEqual(['knock 7', 'knock 7']);
    await untilTrue(() => arrived.length === 2);
    expect(one.seen.stream).not.toBe(other.seen.stream);
  });

  it('may be cancelled by the listener of their answer', async () => {
    const { routes, sent, acknowledge, dial } = await createFixture();
    const subscription = routes
      .open(1, anywhere, () => undefined)
      .subscribe((stream) => {
        stream.on('error', () => undefined).destroy();
        subscription.unsubscribe();
      });
    const next = dial(2);
    acknowledge(1);
    expect(sent).toEqual(['knock 1', 'knock 2']);
    next.cancel();
  });

  it('fail with the reason when the broker is closed, and no message is sent any more', async () => {
    const { dial, broker, sent } = await createFixture();
    const dials = [dial(1), dial(2), dial(3)];
    broker.close(reason);
    expect(dials.map(({ seen }) => seen.error)).toEqual([reason, reason, reason]);
    expect(dial(4).seen.error).toBe(reason);
    expect(sent).toEqual(['knock 1']);
  });

  it('fail when the session ends between the answer and the stream', async () => {
    const { dial, acknowledge, client, sent } = await createFixture();
    const [late, next] = [dial(1), dial(2)];
    client.close();
    acknowledge(1);
    expect(late.seen.error).toMatchObject({ reason: 'session-closed' });
    expect(sent).toEqual(['knock 1', 'knock 2']);
    next.cancel();
    // An acknowledgement of a cancelled knock finds no session, which is no error.
    acknowledge(2);
  });
});

describe("the plugin's knocks", () => {
  it('bring their streams to the acceptor of the id', async () => {
    const { routes, server, knockFor, sent } = await createFixture();
    const [one, two] = [acceptor(), acceptor()];
    await routes.offer(1, one.port);
    await routes.offer(2, two.port);
    knockFor(2);
    quiet(server.open());
    await untilTrue(() => two.accepted.length === 1);
    knockFor(1);
    quiet(server.open());
    await untilTrue(() => one.accepted.length === 1);
    expect(sent).toEqual(['ack 2', 'ack 1']);
  });

  it('that come early are answered when the id is served, unless that is too late', async () => {
    const { routes, knockFor, sent, pass } = await createFixture();
    knockFor(1);
    expect(sent).toEqual([]);
    pass(4999);
    await routes.offer(1, acceptor().port);
    expect(sent).toEqual(['ack 1']);
    knockFor(2);
    pass(5000);
    await routes.offer(2, acceptor().port);
    expect(sent).toEqual(['ack 1']);
  });

  it('for an id that is not served any more are refused', async () => {
    const { routes, knockFor, sent } = await createFixture();
    const { withdraw } = await routes.offer(1, acceptor().port);
    withdraw();
    knockFor(1);
    expect(sent).toEqual(['refuse 1']);
  });

  it('reach the present acceptor of the id, also after an earlier one has withdrawn', async () => {
    const { routes, server, knockFor, sent } = await createFixture();
    const [earlier, later] = [acceptor(), acceptor()];
    const first = await routes.offer(1, earlier.port);
    await routes.offer(1, later.port);
    first.withdraw();
    knockFor(1);
    quiet(server.open());
    await untilTrue(() => later.accepted.length === 1);
    expect(sent).toEqual(['ack 1']);
    expect(earlier.accepted).toEqual([]);
  });

  it('are required for a stream: one without a knock is reset', async () => {
    const { routes, server } = await createFixture();
    const { accepted, port } = acceptor();
    await routes.offer(1, port);
    const stream = server.open();
    expect(await endOf(stream.resume())).toMatchObject({ reason: 'stream-reset' });
    expect(accepted).toEqual([]);
  });
});
