import fc from 'fast-check';
import { http2Limits as limits } from '../../../src/model/limits.js';
import { frame, pair, settings, settingsAck, uint32, type Frame, type Pair } from './server.js';

const ok = [':status: 200', 'content-type: application/grpc'];

function bodyOf(frames: readonly Frame[], id: number): Buffer {
  return Buffer.concat(frames.filter((sent) => sent.type === 0 && sent.id === id).map(({ body }) => body));
}

function bytes(length: number, seed = 0): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + seed) % 251));
}

/** Sends a whole body to the client, as far as its windows allow; and the updates that come back. */
function updatesAfter(server: Pair, id: number, total: number): number[] {
  const grants: number[] = [];
  for (let sent = 0; sent < total; sent += limits.frameSize) {
    server.send(frame(0, 0, id, Buffer.alloc(Math.min(limits.frameSize, total - sent))));
    for (const update of server.taken())
      if (update.type === 8 && update.id === id) grants.push(update.body.readUInt32BE());
  }
  return grants;
}

describe('flow control of what is sent', () => {
  it('sends no more than the window of the stream, and goes on when there is more', () => {
    const server = pair([settings({ 4: 10 }), settingsAck]);
    const { stream, log } = server.open();
    expect(server.session.send(stream, bytes(25), true)).toBe(false);
    expect(bodyOf(server.taken(), 1)).toEqual(bytes(25).subarray(0, 10));
    expect(server.session.hasOutput()).toBe(false);
    server.send(frame(8, 0, 1, uint32(14)));
    const [next] = server.taken();
    expect(next).toMatchObject({ flags: 0, body: bytes(25).subarray(10, 24) });
    expect(log).toEqual([]);
    server.send(frame(8, 0, 1, uint32(1)));
    expect(server.taken()).toMatchObject([{ flags: 1, body: bytes(25).subarray(24) }]);
    expect(log).toEqual(['drained']);
  });

  it('sends no more than the window of the connection over all streams', () => {
    const server = pair([settings({ 4: 1_000_000 }), settingsAck]);
    const streams = [server.open(), server.open()];
    for (const { stream } of streams) server.session.send(stream, Buffer.alloc(50_000), true);
    const first = server.taken();
    expect(bodyOf(first, 1).length + bodyOf(first, 3).length).toBe(65_535);
    server.send(frame(8, 0, 0, uint32(100_000)));
    const second = server.taken();
    expect(bodyOf(second, 1).length + bodyOf(second, 3).length).toBe(100_000 - 65_535);
    expect(streams.map(({ log }) => log)).toEqual([['drained'], ['drained']]);
  });

  it('changes the windows of open streams with the setting, also to less than nothing', () => {
    const server = pair([settings({ 4: 100 }), settingsAck]);
    const { stream } = server.open();
    server.session.send(stream, bytes(200), true);
    expect(bodyOf(server.taken(), 1)).toHaveLength(100);
    server.send(settings({ 4: 40 }), frame(8, 0, 1, uint32(60)));
    expect(bodyOf(server.taken(), 1)).toHaveLength(0);
    server.send(settings({ 4: 60 }));
    expect(bodyOf(server.taken(), 1)).toHaveLength(20);
  });

  it('ends a stream without a window, as that takes none', () => {
    const server = pair([settings({ 4: 0 }), settingsAck]);
    const { stream } = server.open();
    expect(server.session.send(stream, Buffer.alloc(0), true)).toBe(true);
    expect(server.taken()).toMatchObject([{ type: 1 }, { type: 0, flags: 1 }]);
  });

  it('lets streams take turns, and small requests go between the frames of large ones', () => {
    const server = pair([settings({ 4: 2 ** 30 }), settingsAck, frame(8, 0, 0, uint32(2 ** 30))]);
    const large = [server.open(), server.open()];
    for (const { stream } of large) server.session.send(stream, Buffer.alloc(4_000_000), true);
    const first = server.taken().filter(({ type }) => type === 0);
    expect(first.slice(0, 4).map(({ id }) => id)).toEqual([1, 3, 1, 3]);
    expect(first.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThan(limits.outputSize + 70_000);
    const small = server.open();
    expect(server.session.send(small.stream, Buffer.from('small'), true)).toBe(true);
    expect(server.taken()[1]).toMatchObject({ type: 0, id: 5, flags: 1 });
  });

  it('counts what waits, and forgets it with its stream', () => {
    const server = pair([settings({ 4: 10 }), settingsAck]);
    const { stream } = server.open();
    server.session.send(stream, Buffer.alloc(25), false);
    server.session.send(stream, Buffer.alloc(5), true);
    server.taken();
    expect(server.session.waitingBytes()).toBe(20);
    server.session.reset(stream, 8);
    expect(server.session.waitingBytes()).toBe(0);
    expect(server.taken()).toMatchObject([{ type: 3 }]);
  });

  it('sends any bodies whole, with any windows and any turns', () => {
    const step = fc.oneof(
      fc.record({
        type: fc.constant('send' as const),
        stream: fc.nat({ max: 3 }),
        length: fc.nat({ max: 40_000 }),
      }),
      fc.record({
        type: fc.constant('grant' as const),
        stream: fc.nat({ max: 4 }),
        length: fc.integer({ min: 1, max: 50_000 }),
      }),
      fc.record({ type: fc.constant('initial' as const), length: fc.nat({ max: 80_000 }) }),
      fc.record({ type: fc.constant('take' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 1000 }), (steps, initial) => {
        const server = pair([settings({ 4: initial }), settingsAck]);
        const streams = [0, 1, 2, 3].map(() => ({
          ...server.open(),
          sent: [] as Buffer[],
          got: [] as Buffer[],
        }));
        const windows = [65_535, ...streams.map(() => initial)];
        let now = initial;
        const take = (): void => {
          for (const { type, id, body } of server.taken()) {
            if (type !== 0) continue;
            streams[(id - 1) / 2]?.got.push(body);
            windows[0] = (windows[0] ?? 0) - body.length;
            windows[(id + 1) / 2] = (windows[(id + 1) / 2] ?? 0) - body.length;
            if (body.length > 0)
              expect(Math.min(windows[0], windows[(id + 1) / 2] ?? 0)).toBeGreaterThanOrEqual(0);
          }
        };
        const grant = (stream: number, length: number): void => {
          windows[stream] = (windows[stream] ?? 0) + length;
          server.send(frame(8, 0, stream === 0 ? 0 : stream * 2 - 1, uint32(length)));
        };
        for (const given of steps) {
          if (given.type === 'send') {
            const body = bytes(given.length, given.stream);
            const stream = streams[given.stream];
            if (stream === undefined) continue;
            stream.sent.push(body);
            server.session.send(stream.stream, body, false);
          } else if (given.type === 'grant') grant(given.stream, given.length);
          else if (given.type === 'initial') {
            // What was laid out before was sent under the old setting.
            take();
            for (let at = 1; at < windows.length; at += 1)
              windows[at] = (windows[at] ?? 0) + given.length - now;
            now = given.length;
            server.send(settings({ 4: now }));
          } else take();
        }
        for (const { stream } of streams) server.session.send(stream, Buffer.alloc(0), true);
        for (let at = 0; at < windows.length; at += 1) grant(at, 10_000_000);
        while (server.session.hasOutput()) take();
        for (const { sent, got } of streams)
          expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
        expect(server.session.waitingBytes()).toBe(0);
        expect(server.failure()).toBeNull();
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

describe('flow control of what is received', () => {
  it('gives window back when half of it is used', () => {
    const server = pair();
    server.open();
    server.send(server.headers(1, ok));
    expect(updatesAfter(server, 1, limits.streamWindow * 2)).toEqual(Array(4).fill(limits.streamWindow / 2));
  });

  it('counts padding', () => {
    const server = pair();
    server.open();
    server.send(server.headers(1, ok));
    const padded = frame(0, 8, 1, Buffer.concat([Buffer.from([200]), Buffer.alloc(300)]));
    const needed = Math.ceil(limits.streamWindow / 2 / 301);
    for (let sent = 1; sent < needed; sent += 1) server.send(padded);
    expect(server.taken().filter(({ type }) => type === 8)).toEqual([]);
    server.send(padded);
    expect(server.taken().filter(({ type }) => type === 8)).toMatchObject([
      { id: 1, body: uint32(needed * 301) },
    ]);
  });

  it('gives none back to a stream that is paused, and all when it goes on', () => {
    const server = pair();
    const { stream } = server.open();
    server.send(server.headers(1, ok));
    server.session.pause(stream);
    expect(updatesAfter(server, 1, limits.streamWindow)).toEqual([]);
    expect(server.failure()).toBeNull();
    server.session.resume(stream);
    expect(server.taken()).toMatchObject([{ type: 8, id: 1, body: uint32(limits.streamWindow) }]);
  });

  it('ends the connection where the server sends more than the window', () => {
    const server = pair();
    const { stream } = server.open();
    server.send(server.headers(1, ok));
    server.session.pause(stream);
    updatesAfter(server, 1, limits.streamWindow);
    server.send(frame(0, 0, 1, Buffer.alloc(1)));
    expect(server.failure()?.message).toContain('more on stream 1 than its window allows');
  });

  it('ends the connection where the server goes on beyond the window after a reset', () => {
    const server = pair();
    const { stream } = server.open();
    server.send(server.headers(1, ok));
    server.session.reset(stream, 8);
    expect(updatesAfter(server, 1, limits.streamWindow)).toEqual([]);
    expect(server.failure()).toBeNull();
    server.send(frame(0, 0, 1, Buffer.alloc(1)));
    expect(server.failure()?.reason).toBe('protocol-violated');
  });

  it('gives the window of the connection back, whatever the bytes were for', () => {
    const server = pair();
    const { stream } = server.open();
    server.send(server.headers(1, ok));
    server.session.pause(stream);
    let granted = 0;
    for (let sent = 0; sent < limits.connectionWindow; sent += limits.frameSize) {
      if (sent === limits.streamWindow) server.session.reset(stream, 8);
      const id = sent < limits.streamWindow ? 1 : 2 * (sent / limits.frameSize) + 1;
      if (id > 1) {
        const next = server.open();
        server.session.reset(next.stream, 8);
      }
      server.send(
        frame(
          0,
          0,
          id > 1 ? 2 * ((sent - limits.streamWindow) / limits.frameSize) + 3 : 1,
          Buffer.alloc(limits.frameSize),
        ),
      );
      for (const update of server.taken())
        if (update.type === 8 && update.id === 0) granted += update.body.readUInt32BE();
    }
    expect(server.failure()).toBeNull();
    expect(granted).toBe(limits.connectionWindow);
  });
});
