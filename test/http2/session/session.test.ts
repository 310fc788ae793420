import { http2Limits as limits } from '../../../src/model/limits.js';
import { frame, framesOf, pair, prefaceSize, settings, settingsAck, uint32 } from './server.js';

const ok = [':status: 200', 'content-type: application/grpc'];
const endHeaders = 4;
const endBoth = 5;

describe('an HTTP/2 session', () => {
  it('begins with the preface, its settings and a larger window, before the server has said anything', () => {
    const { session, events } = pair([]);
    const bytes = Buffer.concat(session.take());
    expect(bytes.subarray(0, prefaceSize).toString()).toBe('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const [first, second, ...more] = framesOf(bytes.subarray(prefaceSize));
    expect(first).toMatchObject({ type: 4, flags: 0, id: 0 });
    const said = [0, 1, 2, 3, 4].map((at) => [
      first?.body.readUInt16BE(at * 6),
      first?.body.readUInt32BE(at * 6 + 2),
    ]);
    expect(said).toEqual([
      [1, 0],
      [2, 0],
      [4, limits.streamWindow],
      [5, limits.frameSize],
      [6, limits.headerList],
    ]);
    expect(second).toMatchObject({ type: 8, id: 0, body: uint32(limits.connectionWindow - 65_535) });
    expect(more).toEqual([]);
    expect(events).toEqual([]);
  });

  it('tells when the server has greeted, and acknowledges its settings', () => {
    const server = pair([]);
    server.taken();
    server.send(settings({ 3: 100 }));
    expect(server.events).toEqual(['output', 'greeted']);
    expect(server.taken()).toEqual([{ type: 4, flags: 1, id: 0, body: Buffer.alloc(0) }]);
  });

  it('sends a request in one piece before the server has greeted', () => {
    const server = pair([]);
    const { stream } = server.open();
    server.session.send(stream, Buffer.from('hello'), true);
    const pieces = server.session.take();
    expect(pieces).toHaveLength(1);
    expect(framesOf(Buffer.concat(pieces).subarray(prefaceSize)).map(({ type }) => type)).toEqual([
      4, 8, 1, 0,
    ]);
  });

  it('sends the fields of a request, and those that repeat as one byte each', () => {
    const server = pair();
    const extra = [{ name: 'grpc-timeout', value: '5S' }];
    server.open('/a.B/C', extra);
    server.open('/a.B/C', extra);
    server.open('/a.B/D');
    const frames = server.taken();
    expect(frames.map((sent) => server.read(sent))).toEqual([
      [':method: POST', ':path: /a.B/C', 'grpc-timeout: 5S'],
      [':method: POST', ':path: /a.B/C', 'grpc-timeout: 5S'],
      [':method: POST', ':path: /a.B/D'],
    ]);
    expect(frames.map(({ id, flags }) => [id, flags])).toEqual([1, 3, 5].map((id) => [id, endHeaders]));
    expect(frames[1]?.body.subarray(0, 2)).toEqual(Buffer.from([0x83, 0xbe]));
  });

  it('uses a smaller table once the server asks for it', () => {
    const server = pair();
    server.open('/a.B/C');
    server.taken().map((sent) => server.read(sent));
    server.send(settings({ 1: 0 }));
    server.open('/a.B/C');
    const sent = server.taken().find(({ type }) => type === 1);
    expect(sent?.body[0]).toBe(0x20);
    expect(sent && server.read(sent)).toEqual([':method: POST', ':path: /a.B/C']);
  });

  it('gives back the response, its body and its trailers, wherever the bytes are cut', () => {
    const whole = (server: ReturnType<typeof pair>) =>
      Buffer.concat([
        server.headers(1, ok),
        frame(0, 0, 1, Buffer.from('hello ')),
        frame(0, 8, 1, Buffer.from('\x03world\0\0\0')),
        server.headers(1, ['grpc-status: 0'], endBoth),
      ]);
    const { length } = whole(pair());
    for (let cut = 0; cut <= length; cut += 1) {
      const server = pair();
      const { log, bytes } = server.open();
      server.send(whole(server).subarray(0, cut));
      server.send(whole(server).subarray(cut));
      expect(bytes().toString()).toBe('hello world');
      expect(log.filter((line) => !line.startsWith('data'))).toEqual([
        'headers :status: 200, content-type: application/grpc',
        'trailers grpc-status: 0',
        'end',
      ]);
      expect(server.failure()).toBeNull();
    }
  });

  it('gives bodies as slices of what it received', () => {
    const server = pair();
    const { log, bytes } = server.open();
    const chunk = Buffer.concat([server.headers(1, ok), frame(0, 1, 1, Buffer.from('abc'))]);
    server.session.receive(chunk);
    chunk.write('xyz', chunk.length - 3);
    expect(bytes().toString()).toBe('xyz');
    expect(log.at(-1)).toBe('end');
  });

  it('knows the same block of a response again, whatever was decoded between', () => {
    const server = pair();
    for (let call = 0; call < 300; call += 1) {
      const { log } = server.open();
      const id = call * 2 + 1;
      server.send(server.headers(id, ok), server.headers(id, [`grpc-status: ${call % 70}`], endBoth));
      expect(log).toEqual([
        'headers :status: 200, content-type: application/grpc',
        `trailers grpc-status: ${call % 70}`,
        'end',
      ]);
    }
  });

  it('decodes with a dynamic table until the server has acknowledged that it may use none', () => {
    const server = pair([settings()]);
    const one = server.open();
    const two = server.open();
    // `:status 200`, and a new name and value that the next block has by its index.
    server.send(frame(1, endBoth, 1, Buffer.from('884001780179', 'hex')));
    server.send(frame(1, endBoth, 3, Buffer.from('88be', 'hex')));
    expect([one.log, two.log]).toEqual(Array(2).fill(['trailers :status: 200, x: y', 'end']));
    server.open();
    server.send(settingsAck, frame(1, endBoth, 5, Buffer.from('88be', 'hex')));
    expect(server.failure()?.message).toContain('unknown index 62');
  });

  it('joins a header block that comes in pieces', () => {
    const server = pair();
    const { log } = server.open();
    const block = server.headers(1, ok).subarray(9);
    server.send(
      frame(
        1,
        0x28,
        1,
        Buffer.concat([Buffer.from([2]), Buffer.alloc(5), block.subarray(0, 3), Buffer.alloc(2)]),
      ),
      frame(9, 0, 1, block.subarray(3, 5)),
      frame(9, endHeaders, 1, block.subarray(5)),
    );
    expect(log).toEqual(['headers :status: 200, content-type: application/grpc']);
  });

  it('cuts its own header blocks at the frame size of the server', () => {
    const server = pair();
    const value = 'v'.repeat(40_000);
    server.open('/a.B/C', [{ name: 'x', value }]);
    const sent = server.taken();
    expect(sent.map(({ type, flags }) => [type, flags])).toEqual([
      [1, 0],
      [9, 0],
      [9, endHeaders],
    ]);
    const whole = { type: 1, flags: 0, id: 1, body: Buffer.concat(sent.map(({ body }) => body)) };
    expect(server.read(whole).at(-1)).toBe(`x: ${value}`);
  });

  it('answers a PING at once, ahead of bodies that wait', () => {
    const server = pair();
    const { stream } = server.open();
    server.session.send(stream, Buffer.alloc(60_000), true);
    server.send(frame(6, 0, 0, Buffer.from('12345678')));
    const types = server.taken().map(({ type, flags }) => [type, flags]);
    expect(types.slice(0, 2)).toEqual([
      [1, 4],
      [6, 1],
    ]);
    expect(types.slice(2).every(([type]) => type === 0)).toBe(true);
  });

  it('ignores informational responses, priorities and unknown frames', () => {
    const server = pair();
    const { log } = server.open();
    server.send(
      server.headers(1, [':status: 103', 'link: x']),
      frame(2, 0, 1, Buffer.alloc(5)),
      frame(0xaa, 0xff, 7, Buffer.alloc(100)),
      frame(0xbb, 0, 0),
      settings({ 0x99: 7, 8: 1 }),
      server.headers(1, ok, endBoth),
    );
    expect(log).toEqual(['trailers :status: 200, content-type: application/grpc', 'end']);
    expect(server.failure()).toBeNull();
  });

  it('tells the server to expect no more of a request when it has answered already', () => {
    const server = pair();
    const { log } = server.open();
    server.taken();
    server.send(server.headers(1, [...ok, 'grpc-status: 0'], endBoth));
    expect(log.at(-1)).toBe('end');
    expect(server.taken()).toEqual([{ type: 3, flags: 0, id: 1, body: uint32(8) }]);
  });

  it('ends a stream at once when it is reset here, and throws away what still comes', () => {
    const server = pair();
    const { stream, log } = server.open();
    server.send(server.headers(1, ok));
    server.taken();
    server.session.reset(stream, 8);
    server.session.reset(stream, 8);
    expect(server.taken()).toEqual([{ type: 3, flags: 0, id: 1, body: uint32(8) }]);
    server.send(frame(0, 0, 1, Buffer.alloc(1000)), server.headers(1, ['grpc-status: 0'], endBoth));
    expect(log).toEqual(['headers :status: 200, content-type: application/grpc']);
    expect(server.session.send(stream, Buffer.from('x'), true)).toBe(true);
    expect(server.taken()).toEqual([]);
    expect(server.failure()).toBeNull();
  });

  it.each([
    [7, 'reset 7 unprocessed'],
    [8, 'reset 8'],
    [11, 'reset 11'],
  ])('tells of a reset by the server with code %d', (code, words) => {
    const server = pair();
    const { log } = server.open();
    server.send(frame(3, 0, 1, uint32(code)));
    expect(log).toEqual([words]);
    server.send(frame(3, 0, 1, uint32(code)));
    expect(server.failure()).toBeNull();
  });

  it('lets streams wait until the server has room, and begins them in order', () => {
    const server = pair([settings({ 3: 2 }), settingsAck]);
    const streams = [1, 2, 3, 4].map((number) => server.open(`/a.B/${number}`));
    const third = streams[2];
    if (third === undefined) throw new Error('unreachable');
    expect(server.session.send(third.stream, Buffer.from('abc'), true)).toBe(false);
    expect(server.taken().map((sent) => server.read(sent)[1])).toEqual([':path: /a.B/1', ':path: /a.B/2']);
    server.send(server.headers(1, ok, endBoth));
    const sent = server.taken();
    expect(sent.map(({ type, id }) => [type, id])).toEqual([
      [3, 1],
      [1, 5],
      [0, 5],
    ]);
    expect(third.log).toEqual(['drained']);
    server.send(settings({ 3: 100 }));
    expect(server.taken().map(({ type, id }) => [type, id])).toEqual([
      [4, 0],
      [1, 7],
    ]);
  });

  it('forgets a stream that waits for room when it is reset', () => {
    const server = pair([settings({ 3: 0 }), settingsAck]);
    const { stream } = server.open();
    server.session.reset(stream, 8);
    server.send(settings({ 3: 1 }));
    expect(server.taken().map(({ type }) => type)).toEqual([4]);
  });

  it('assumes room for a hundred streams until the server has greeted', () => {
    const server = pair([]);
    for (let call = 0; call < 101; call += 1) server.open();
    expect(server.taken().filter(({ type }) => type === 1)).toHaveLength(100);
    server.send(settings());
    expect(server.taken().filter(({ type }) => type === 1)).toHaveLength(1);
  });
});

describe('the end of an HTTP/2 session', () => {
  it('fails what the server has not taken when it leaves, and finishes with the rest', () => {
    const server = pair();
    const [one, two] = [server.open(), server.open()];
    server.send(frame(7, 0, 0, uint32(1, 0)));
    expect(server.events).toContain('leaving');
    expect(two.log).toEqual(['unprocessed']);
    expect(server.session.isTaking()).toBe(false);
    expect(() => server.open()).toThrow('no stream');
    expect(server.events).not.toContain('finished');
    server.send(server.headers(1, ok, endBoth));
    expect(one.log.at(-1)).toBe('end');
    expect(server.events.filter((event) => event === 'finished')).toHaveLength(1);
  });

  it('goes along with a graceful goodbye in two steps', () => {
    const server = pair();
    const [one, two] = [server.open(), server.open()];
    server.send(frame(7, 0, 0, uint32(2 ** 31 - 1, 0)));
    expect([one.log, two.log]).toEqual([[], []]);
    server.send(frame(7, 0, 0, uint32(1, 0)));
    expect([one.log, two.log]).toEqual([[], ['unprocessed']]);
    expect(server.events.filter((event) => event === 'leaving')).toHaveLength(1);
  });

  it('takes no more streams when all numbers are used up', () => {
    const server = pair(undefined, 2 ** 31 - 3);
    server.open();
    expect(server.session.isTaking()).toBe(true);
    const { log } = server.open();
    expect(server.session.isTaking()).toBe(false);
    expect(server.events).toContain('leaving');
    server.send(server.headers(2 ** 31 - 1, ok, endBoth));
    expect(log.at(-1)).toBe('end');
    server.send(server.headers(2 ** 31 - 3, ok, endBoth));
    expect(server.events.at(-1)).toBe('finished');
  });

  it('says what the server said when it ended the connection with an error', () => {
    const server = pair();
    const { log } = server.open();
    server.taken();
    server.send(frame(7, 0, 0, Buffer.concat([uint32(1, 11), Buffer.from('too_many_pings')])));
    server.session.lost('socket-lost');
    expect(server.failure()?.message).toBe(
      'The server ended the connection with ENHANCE_YOUR_CALM (too_many_pings).',
    );
    expect(log).toEqual(['lost: peer-failed']);
  });

  it('leaves when it is told to: with GOAWAY, and finished after the last stream', () => {
    const server = pair();
    const { log } = server.open();
    server.taken();
    server.session.leave();
    expect(server.taken()).toEqual([{ type: 7, flags: 0, id: 0, body: uint32(0, 0) }]);
    server.send(server.headers(1, ok, endBoth));
    expect(log.at(-1)).toBe('end');
    expect(server.events.at(-1)).toBe('finished');
  });

  it('tells streams of which nothing was written from those that the server may have seen', () => {
    const server = pair();
    const one = server.open();
    server.taken();
    const two = server.open();
    server.session.lost('socket-lost');
    expect([one.log, two.log]).toEqual([['lost: socket-lost'], ['lost unsent: socket-lost']]);
    expect(server.events.at(-1)).toBe('failed socket-lost');
    expect(server.session.isTaking()).toBe(false);
  });

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'It answers in HTTP/1.'],
    ['\x15\x03\x01\x00\x02\x02\x16', 'It answers with a TLS alert.'],
    ['hello, how are you', 'Its first bytes are "hello, ho".'],
  ])('says that %j is no HTTP/2', (text, words) => {
    const server = pair([]);
    server.send(Buffer.from(text, 'latin1'));
    server.session.lost('socket-lost');
    expect(server.failure()?.message).toBe(`What answers does not speak HTTP/2. ${words}`);
    expect(server.failure()?.reason).toBe('not-http2');
  });

  it('takes no acknowledgement for a greeting', () => {
    const server = pair([]);
    server.send(settingsAck);
    expect(server.failure()?.reason).toBe('not-http2');
  });
});
