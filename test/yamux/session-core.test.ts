import fc from 'fast-check';
import { createSessionCore, initialWindow, maxBodyBytes, YamuxError } from '../../src/yamux/index.js';
import { bytesOf, eventsOf, writtenBy } from './frames-of.js';

const some = (length: number): Uint8Array => new Uint8Array(length);

describe('opening streams', () => {
  it('gives a client odd ids and a server even ones, and sends SYN at once', () => {
    const [client, server] = [createSessionCore('client'), createSessionCore('server')];
    expect([client.open(), client.open()].map(writtenBy)).toEqual([
      ['windowUpdate S 1 0'],
      ['windowUpdate S 3 0'],
    ]);
    expect([server.open(), server.open()].map(writtenBy)).toEqual([
      ['windowUpdate S 2 0'],
      ['windowUpdate S 4 0'],
    ]);
  });

  it('allows data before the peer has accepted', () => {
    const core = createSessionCore('client');
    core.open();
    expect(writtenBy(core.send(1, some(5)))).toEqual(['data - 1 5']);
    expect(eventsOf(core.receive(bytesOf('windowUpdate A 1 0')))).toEqual(['stream.accepted 1']);
  });

  it('counts any frame of the peer as acceptance', () => {
    const core = createSessionCore('client');
    core.open();
    expect(eventsOf(core.receive(bytesOf('data F 1 2')))).toEqual([
      'stream.accepted 1',
      'stream.received 1 2',
      'stream.ended 1',
    ]);
  });

  it("is queued where the peer's backlog is full, until a stream is accepted or reset", () => {
    const core = createSessionCore('client', 1);
    core.open();
    expect(writtenBy(core.open())).toEqual([]);
    expect(core.send(3, some(1)).sent).toBe(0);
    core.open();
    core.open();
    expect(writtenBy(core.reset(5))).toEqual([]);
    const accepted = core.receive(bytesOf('windowUpdate A 1 0'));
    expect(writtenBy(accepted)).toEqual(['windowUpdate S 3 0']);
    expect(eventsOf(accepted)).toEqual(['stream.credited 3', 'stream.accepted 1']);
    const reset = core.receive(bytesOf('windowUpdate R 3 0'));
    expect(writtenBy(reset)).toEqual(['windowUpdate S 7 0']);
  });

  it('sends SYN before FIN for a stream that was ended while it was queued', () => {
    const core = createSessionCore('client', 1);
    core.open();
    core.open();
    core.end(3);
    expect(writtenBy(core.receive(bytesOf('windowUpdate A 1 0')))).toEqual([
      'windowUpdate S 3 0',
      'windowUpdate F 3 0',
    ]);
  });

  it('is refused after a go-away of either side', () => {
    const [leaving, left] = [createSessionCore('client'), createSessionCore('client')];
    expect(writtenBy(leaving.goAway())).toEqual(['goAway - 0 0']);
    expect(writtenBy(leaving.goAway())).toEqual([]);
    left.receive(bytesOf('goAway - 0 0'));
    for (const core of [leaving, left])
      expect(() => core.open()).toThrow(
        /^(This side|The peer) has announced that it (opens|accepts) no more streams\.$/,
      );
  });
});

describe("the peer's streams", () => {
  it('wait until they are accepted, and are accepted once', () => {
    const core = createSessionCore('client');
    expect(eventsOf(core.receive(bytesOf('windowUpdate S 2 0', 'data - 2 3')))).toEqual([
      'stream.opened 2',
      'stream.received 2 3',
    ]);
    expect([core.accept(2), core.accept(2), core.accept(4)].map(writtenBy)).toEqual([
      ['windowUpdate A 2 0'],
      [],
      [],
    ]);
  });

  it('may begin with data and end with it', () => {
    const core = createSessionCore('server');
    expect(eventsOf(core.receive(bytesOf('data SF 1 3')))).toEqual([
      'stream.opened 1',
      'stream.received 1 3',
      'stream.ended 1',
    ]);
  });

  it('are reset beyond the backlog, until one was accepted', () => {
    const core = createSessionCore('server', 2);
    const step = core.receive(
      bytesOf('windowUpdate S 1 0', 'windowUpdate S 3 0', 'data S 5 9', 'data - 5 9'),
    );
    expect(eventsOf(step)).toEqual(['stream.opened 1', 'stream.opened 3']);
    expect(writtenBy(step)).toEqual(['windowUpdate R 5 0']);
    core.accept(1);
    expect(eventsOf(core.receive(bytesOf('windowUpdate S 7 0')))).toEqual(['stream.opened 7']);
    expect(writtenBy(core.receive(bytesOf('windowUpdate S 9 0')))).toEqual(['windowUpdate R 9 0']);
    core.receive(bytesOf('windowUpdate R 3 0'));
    expect(eventsOf(core.receive(bytesOf('windowUpdate S 11 0')))).toEqual(['stream.opened 11']);
  });

  it('are reset after a go-away of this side, while open ones continue', () => {
    const core = createSessionCore('server');
    core.receive(bytesOf('windowUpdate S 1 0'));
    core.goAway();
    const step = core.receive(bytesOf('windowUpdate S 3 0', 'data - 1 4'));
    expect(writtenBy(step)).toEqual(['windowUpdate R 3 0']);
    expect(eventsOf(step)).toEqual(['stream.received 1 4']);
  });
});

describe('flow control', () => {
  it('stops a sender at 256 KiB, in bounded frames, until the peer returns credit', () => {
    const core = createSessionCore('client');
    core.open();
    const steps = Array.from({ length: 6 }, () => core.send(1, some(300_000)));
    expect(steps.map(({ sent }) => sent)).toEqual([...Array<number>(4).fill(maxBodyBytes), 0, 0]);
    expect(eventsOf(core.receive(bytesOf('windowUpdate - 1 70000')))).toEqual([
      'stream.accepted 1',
      'stream.credited 1',
    ]);
    expect(core.send(1, some(300_000)).sent).toBe(maxBodyBytes);
    expect(core.send(1, some(300_000)).sent).toBe(70_000 - maxBodyBytes);
  });

  it('returns credit when half of the window was read, and not before', () => {
    const core = createSessionCore('server');
    core.receive(bytesOf('windowUpdate S 1 0', `data - 1 ${initialWindow}`));
    expect(writtenBy(core.consume(1, initialWindow / 2 - 1))).toEqual([]);
    expect(writtenBy(core.consume(1, 10))).toEqual([`windowUpdate - 1 ${initialWindow / 2 + 9}`]);
    expect(eventsOf(core.receive(bytesOf(`data - 1 ${initialWindow / 2 + 9}`)))).toHaveLength(1);
    expect(eventsOf(core.receive(bytesOf('data - 1 1')))).toEqual(['session.failed protocol-violated']);
  });

  it('returns no credit to a peer that has ended the stream', () => {
    const core = createSessionCore('server');
    core.receive(bytesOf('windowUpdate S 1 0', `data F 1 ${initialWindow}`));
    expect(writtenBy(core.consume(1, initialWindow))).toEqual([]);
  });
});

describe('ending a stream', () => {
  it('leaves the other direction open', () => {
    const core = createSessionCore('client');
    core.open();
    expect(writtenBy(core.end(1))).toEqual(['windowUpdate F 1 0']);
    expect(writtenBy(core.end(1))).toEqual([]);
    expect(core.send(1, some(1)).sent).toBe(0);
    expect(eventsOf(core.receive(bytesOf('windowUpdate A 1 0', 'data - 1 7')))).toEqual([
      'stream.accepted 1',
      'stream.received 1 7',
    ]);
  });

  it.each(['here first', 'there first'])('on both sides closes it, %s', (order) => {
    const core = createSessionCore('server');
    core.receive(bytesOf('windowUpdate S 1 0'));
    core.accept(1);
    const endHere = (): string[] => eventsOf(core.end(1));
    const endThere = (): string[] => eventsOf(core.receive(bytesOf('windowUpdate F 1 0')));
    expect(order === 'here first' ? [endHere(), endThere()] : [endThere(), endHere()]).toEqual(
      order === 'here first'
        ? [[], ['stream.ended 1', 'stream.closed 1']]
        : [['stream.ended 1'], ['stream.closed 1']],
    );
    expect(eventsOf(core.receive(bytesOf('data - 1 5', 'windowUpdate - 1 5')))).toEqual([]);
  });

  it('by a reset of either side closes it at once', () => {
    const core = createSessionCore('client');
    core.open();
    core.open();
    const reset = core.reset(1);
    expect([writtenBy(reset), eventsOf(reset)]).toEqual([['windowUpdate R 1 0'], ['stream.closed 1']]);
    expect(eventsOf(core.receive(bytesOf('data R 3 5')))).toEqual([
      'stream.accepted 3',
      'stream.reset 3',
      'stream.closed 3',
    ]);
    expect(writtenBy(core.reset(3))).toEqual([]);
  });

  it('drops data that the peer sends after its own end', () => {
    const core = createSessionCore('server');
    core.receive(bytesOf('windowUpdate S 1 0', 'windowUpdate F 1 0'));
    expect(eventsOf(core.receive(bytesOf('data - 1 5')))).toEqual([]);
  });

  it('by abandoning it lets the peer read what it was sent, and resets it when it sends more', () => {
    const core = createSessionCore('client');
    core.open();
    core.open();
    expect([core.abandon(1), core.abandon(3)].map(writtenBy)).toEqual([
      ['windowUpdate F 1 0'],
      ['windowUpdate F 3 0'],
    ]);
    const quiet = core.receive(bytesOf('windowUpdate F 1 0'));
    expect([writtenBy(quiet), eventsOf(quiet).at(-1)]).toEqual([[], 'stream.closed 1']);
    const loud = core.receive(bytesOf('data - 3 100', 'data - 3 100', 'windowUpdate F 3 0'));
    expect([writtenBy(loud), eventsOf(loud).at(-1)]).toEqual([['windowUpdate R 3 0'], 'stream.closed 3']);
  });
});

describe('the session', () => {
  it('answers a ping with the same value, and reports answers', () => {
    const core = createSessionCore('client');
    expect(writtenBy(core.ping(7))).toEqual(['ping S 0 7']);
    const step = core.receive(bytesOf('ping S 0 3735928559', 'ping A 0 7'));
    expect(writtenBy(step)).toEqual(['ping A 0 3735928559']);
    expect(eventsOf(step)).toEqual(['ping.answered 7']);
  });

  it('discards frames for unknown streams', () => {
    const core = createSessionCore('client');
    const step = core.receive(bytesOf('data - 8 9999', 'windowUpdate F 9 1', 'data R 0 5', 'ping S 0 1'));
    expect(writtenBy(step)).toEqual(['ping A 0 1']);
    expect(eventsOf(step)).toEqual([]);
  });

  it.each<[string, Buffer, string]>([
    ['a wrong version', Buffer.alloc(12, 1), 'a frame of version 1'],
    ['an unknown type', Buffer.from('000900000000000000000000', 'hex'), 'a frame of type 9'],
    ['an unknown go-away', bytesOf('goAway - 0 3'), 'a go-away with the unknown code 3'],
    ['an id that is in use', bytesOf('windowUpdate S 1 0'), 'stream 1 opened while it is open'],
    ['an id of the wrong side', bytesOf('windowUpdate S 2 0'), 'stream 2 opened, an id that is not'],
    ['the id 0', bytesOf('data S 0 1'), 'stream 0 opened, an id that is not'],
    [
      'more than the window',
      bytesOf('data - 1 262145'),
      '262145 bytes on stream 1, whose window has room for',
    ],
    ['a second end', bytesOf('windowUpdate F 1 0', 'windowUpdate F 1 0'), 'a second end of stream 1'],
  ])('ends with a go-away at %s, and is deaf and mute then', (_, bytes, what) => {
    const core = createSessionCore('server');
    core.receive(bytesOf('windowUpdate S 1 0'));
    const step = core.receive(Buffer.concat([bytes, bytesOf('ping S 0 1')]));
    expect(writtenBy(step)).toEqual(['goAway - 0 1']);
    const [last] = step.events.slice(-1);
    if (last?.type !== 'session.failed') throw new Error('It goes on.');
    expect(last.error).toBeInstanceOf(YamuxError);
    expect(last.error.reason).toBe('protocol-violated');
    expect(last.error.message).toContain(`The peer broke the yamux protocol: it sent ${what}`);
    const silent = { output: [], events: [] };
    expect(core.receive(bytesOf('ping S 0 1'))).toEqual(silent);
    expect([core.accept(1), core.end(1), core.reset(1), core.ping(1), core.goAway()]).toEqual(
      Array(5).fill(silent),
    );
    expect(core.send(1, some(1))).toEqual({ sent: 0, ...silent });
    expect(() => core.open()).toThrow(last.error);
  });

  it.each([
    [1, 'it reported a protocol error of this side'],
    [2, 'it reported an internal error'],
  ])('ends without a word when the peer goes away with code %d', (code, why) => {
    const step = createSessionCore('client').receive(bytesOf(`goAway - 0 ${code}`));
    expect(step.output).toEqual([]);
    expect(step.events).toEqual([
      { type: 'session.failed', error: expect.objectContaining({ reason: 'peer-failed' }) as unknown },
    ]);
    expect(step.events[0]?.type === 'session.failed' && step.events[0].error.message).toContain(why);
  });

  it('never throws, for any bytes of the peer', () => {
    const word = fc
      .tuple(
        fc.constantFrom('data', 'windowUpdate', 'ping', 'goAway'),
        fc.subarray(['S', 'A', 'F', 'R']),
        fc.nat(5),
        fc.oneof(fc.nat(4), fc.nat(300_000)),
      )
      .map(([type, flags, id, length]) => bytesOf(`${type} ${flags.join('')} ${id} ${length}`));
    const noise = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.constantFrom('client' as const, 'server' as const),
        fc.array(fc.oneof({ weight: 9, arbitrary: word }, { weight: 1, arbitrary: noise }), {
          maxLength: 20,
        }),
        (role, chunks) => {
          const core = createSessionCore(role, 2);
          const { id } = core.open();
          for (const chunk of chunks) {
            const failed = core.receive(chunk).events.findIndex(({ type }) => type === 'session.failed');
            core.send(id, some(10));
            if (failed >= 0) expect(() => core.open()).toThrow(YamuxError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
