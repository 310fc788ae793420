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
async function scene() {
  const { client, server, sockets } = await sessionPair();
  const desk = createBrokerState();
  const told: string[] = [];
  desk.outgoing.subscribe((message) => told.push(inWords(message)));
  let now = 0;
  const routes = createMultiplexedRoutes(desk, client, () => now);
  const arrived: Duplex[] = [];
  server.onStream((stream) => arrived.push(quiet(stream)));
  const hear = (service_id: number, ack: boolean, error = ''): void => {
    routes.receive({ service_id, network: '', address: '', knock: { knock: true, ack, error } });
  };
  return {
    client,
    server,
    sockets,
    desk,
    routes,
    told,
    arrived,
    knockFor: (id: number) => {
      hear(id, false);
    },
    acknowledge: (id: number, error?: string) => {
      hear(id, true, error);
    },
    pass: (ms: number) => {
      now += ms;
    },
    dial: (id: number) => watch(routes.open(id, anywhere, () => undefined)),
  };
}

function inWords({ service_id, knock }: ConnInfo): string {
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
    giveUp: () => {
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
    const { dial, told, acknowledge, arrived } = await scene();
    const dials = [1, 2, 3].map(dial);
    for (const id of [1, 2, 3]) {
      expect(told.at(-1)).toBe(`knock ${id}`);
      expect(dials[id - 1]?.seen.stream).toBeNull();
      acknowledge(id);
      expect(dials[id - 1]?.seen.stream).not.toBeNull();
    }
    expect(told).toEqual(['knock 1', 'knock 2', 'knock 3']);
    await untilTrue(() => arrived.length === 3);
  });

  it('that are refused are errors, and the next one has its turn', async () => {
    const { dial, told, acknowledge, arrived } = await scene();
    const [refused, next] = [dial(1), dial(2)];
    acknowledge(1, 'nobody is at home');
    expect(refused.seen.error).toMatchObject({
      code: 'BROKER_REFUSED',
      message: 'The plugin refused the knock for id 1: nobody is at home.',
      facts: { id: 1 },
    });
    expect(told).toEqual(['knock 1', 'knock 2']);
    acknowledge(2);
    expect(next.seen.stream).not.toBeNull();
    await untilTrue(() => arrived.length === 1);
  });

  it('that were given up get a stream all the same when they are answered late, and nobody keeps it', async () => {
    const { dial, acknowledge, arrived } = await scene();
    const late = dial(1);
    const next = dial(2);
    late.giveUp();
    acknowledge(1);
    acknowledge(2);
    await untilTrue(() => arrived.length === 2);
    expect(late.seen).toEqual({ stream: null, error: null });
    const [stray, meant] = arrived as [Duplex, Duplex];
    await once(stray.resume(), 'end');
    next.seen.stream?.write('hello');
    expect(String((await once(meant, 'data'))[0])).toBe('hello');
  });

  it('for one id are served in their order, and each gets a stream of its own', async () => {
    const { dial, told, acknowledge, arrived } = await scene();
    const [one, other] = [dial(7), dial(7)];
    acknowledge(7);
    expect(other.seen.stream).toBeNull();
    acknowledge(7);
    expect(told).toEqual(['knock 7', 'knock 7']);
    await untilTrue(() => arrived.length === 2);
    expect(one.seen.stream).not.toBe(other.seen.stream);
  });

  it('may be left by whoever is just told', async () => {
    const { routes, told, acknowledge, dial } = await scene();
    const subscription = routes
      .open(1, anywhere, () => undefined)
      .subscribe((stream) => {
        stream.on('error', () => undefined).destroy();
        subscription.unsubscribe();
      });
    const next = dial(2);
    acknowledge(1);
    expect(told).toEqual(['knock 1', 'knock 2']);
    next.giveUp();
  });

  it('end with the reason when the desk is closed, and nothing is said any more', async () => {
    const { dial, desk, told } = await scene();
    const dials = [dial(1), dial(2), dial(3)];
    desk.close(reason);
    expect(dials.map(({ seen }) => seen.error)).toEqual([reason, reason, reason]);
    expect(dial(4).seen.error).toBe(reason);
    expect(told).toEqual(['knock 1']);
  });

  it('fail when the session ends between the answer and the stream', async () => {
    const { dial, acknowledge, client, told } = await scene();
    const [late, next] = [dial(1), dial(2)];
    client.close();
    acknowledge(1);
    expect(late.seen.error).toMatchObject({ reason: 'session-closed' });
    expect(told).toEqual(['knock 1', 'knock 2']);
    next.giveUp();
    // An answer for nobody finds no session, which is nobody's business.
    acknowledge(2);
  });
});

describe("the plugin's knocks", () => {
  it('bring their streams to what is served on the id', async () => {
    const { routes, server, knockFor, told } = await scene();
    const [one, two] = [acceptor(), acceptor()];
    await routes.offer(1, one.port);
    await routes.offer(2, two.port);
    knockFor(2);
    quiet(server.open());
    await untilTrue(() => two.accepted.length === 1);
    knockFor(1);
    quiet(server.open());
    await untilTrue(() => one.accepted.length === 1);
    expect(told).toEqual(['ack 2', 'ack 1']);
  });

  it('that come early are answered when the id is served, and too late not at all', async () => {
    const { routes, knockFor, told, pass } = await scene();
    knockFor(1);
    expect(told).toEqual([]);
    pass(4999);
    await routes.offer(1, acceptor().port);
    expect(told).toEqual(['ack 1']);
    knockFor(2);
    pass(5000);
    await routes.offer(2, acceptor().port);
    expect(told).toEqual(['ack 1']);
  });

  it('for an id that is served no longer are refused', async () => {
    const { routes, knockFor, told } = await scene();
    const { withdraw } = await routes.offer(1, acceptor().port);
    withdraw();
    knockFor(1);
    expect(told).toEqual(['refuse 1']);
  });

  it('find the one who serves the id now, also after the earlier one has left', async () => {
    const { routes, server, knockFor, told } = await scene();
    const [earlier, later] = [acceptor(), acceptor()];
    const first = await routes.offer(1, earlier.port);
    await routes.offer(1, later.port);
    first.withdraw();
    knockFor(1);
    quiet(server.open());
    await untilTrue(() => later.accepted.length === 1);
    expect(told).toEqual(['ack 1']);
    expect(earlier.accepted).toEqual([]);
  });

  it('are what a stream needs: one that comes without is reset', async () => {
    const { routes, server } = await scene();
    const { accepted, port } = acceptor();
    await routes.offer(1, port);
    const stream = server.open();
    expect(await endOf(stream.resume())).toMatchObject({ reason: 'stream-reset' });
    expect(accepted).toEqual([]);
  });
});
