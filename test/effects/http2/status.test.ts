import { status as code } from '@grpc/grpc-js';
import { constants } from 'node:http2';
import { frame, frameServer, goaway, grpcAnswer, okTrailers, reset } from './frames.js';
import {
  answer,
  ask,
  grpcHeaders,
  message,
  ours,
  plain,
  rawServer,
  scriptedServer,
  theirs,
  type Script,
} from './support.js';

const statusAfter = async (script: Script) => (await ask(ours(await scriptedServer(script)))).status;

describe('the status that a server gives', () => {
  const numbers = Object.values(code).filter((value) => typeof value === 'number');

  it.each(numbers)('is told as it is: %d', async (given) => {
    const said = { 'grpc-status': String(given), 'grpc-message': 'so it is', more: 'yes' };
    const status = await statusAfter((stream) => {
      answer(stream, { trailers: said });
    });
    expect(status).toMatchObject({ code: given, details: 'so it is' });
    expect(plain(status.metadata)).toEqual({ more: ['yes'] });
  });

  it.each(['17', '-1', '1.5', 'OK', '', '0x0', '4294967296'])(
    'is UNKNOWN where gRPC knows no such number: "%s"',
    async (given) => {
      const status = await statusAfter((stream) => {
        answer(stream, { trailers: { 'grpc-status': given, 'grpc-message': 'odd' } });
      });
      expect(status.code).toBe(code.UNKNOWN);
      expect(status.details).toBe(`The answer has the unknown grpc-status ${given}. odd`);
    },
  );

  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['50%25 off', '50% off'],
    ['%E2%82%AC and %F0%9F%8C%B3', '€ and 🌳'],
    ['a%2Fb%3Fc%23d', 'a/b?c#d'],
    ['%e2%82%ac', '€'],
    ['100%', '100%'],
    ['%zz and %E2%82%AC', '%zz and €'],
    ['half %E2%82', 'half \u{FFFD}'],
    ['%0Anext line', '\nnext line'],
  ])('has a message that is percent-decoded: "%s"', async (encoded, details) => {
    const status = await statusAfter((stream) => {
      answer(stream, { trailers: { 'grpc-status': '9', 'grpc-message': encoded } });
    });
    expect(status).toMatchObject({ code: code.FAILED_PRECONDITION, details });
  });

  it('counts for more than the HTTP status', async () => {
    const status = await statusAfter((stream) => {
      const headers = { ...grpcHeaders, ':status': 503 };
      answer(stream, { headers, trailers: { 'grpc-status': '5' } });
    });
    expect(status.code).toBe(code.NOT_FOUND);
  });
});

describe('an answer that is not of gRPC', () => {
  it.each([
    [200, code.UNKNOWN],
    [204, code.UNKNOWN],
    [400, code.INTERNAL],
    [401, code.UNAUTHENTICATED],
    [403, code.PERMISSION_DENIED],
    [404, code.UNIMPLEMENTED],
    [418, code.UNKNOWN],
    [429, code.UNAVAILABLE],
    [500, code.UNKNOWN],
    [502, code.UNAVAILABLE],
    [503, code.UNAVAILABLE],
    [504, code.UNAVAILABLE],
  ])('is judged by its HTTP status: %d', async (http, expected) => {
    const headers = { ':status': http, 'content-type': 'text/html' };
    const atOnce = await statusAfter((stream) => {
      stream.respond(headers, { endStream: true });
    });
    expect(code[atOnce.code]).toBe(code[expected]);
    if (http === 204) return;
    const withPage = await statusAfter((stream) => {
      stream.respond(headers);
      stream.end('<h1>Sorry</h1>');
    });
    expect(withPage.code).toBe(expected);
    expect(withPage.details).toContain(http === 200 ? 'text/html' : String(http));
  });

  it.each(['application/grpc-web', 'application/grpcish', 'application/json', 'text/plain', undefined])(
    'is refused for its content type: %s',
    async (type) => {
      const { code: given, details } = await statusAfter((stream) => {
        const headers = { ':status': 200, ...(type !== undefined && { 'content-type': type }) };
        answer(stream, { headers, chunks: [message('one')] });
      });
      expect(given).toBe(code.UNKNOWN);
      expect(details).toContain(type ?? 'no content type');
    },
  );

  it.each(['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8'])(
    'is another thing than this content type: %s',
    async (type) => {
      const status = await statusAfter((stream) => {
        answer(stream, { headers: { ':status': 200, 'content-type': type } });
      });
      expect(status.code).toBe(code.OK);
    },
  );
});

describe('an answer without a status', () => {
  it('is INTERNAL where the stream just ends', async () => {
    const status = await statusAfter((stream) => {
      stream.respond(grpcHeaders);
      stream.end(message('one'));
    });
    expect(status).toMatchObject({ code: code.INTERNAL, details: 'The stream ended without a status' });
  });

  it('is UNKNOWN where trailers come without one', async () => {
    const status = await statusAfter((stream) => {
      answer(stream, { trailers: { other: 'things' } });
    });
    expect(status.code).toBe(code.UNKNOWN);
  });

  it('is judged by the HTTP status where that tells of an error', async () => {
    const status = await statusAfter((stream) => {
      stream.respond({ ...grpcHeaders, ':status': 503 });
      stream.end();
    });
    expect(status.code).toBe(code.UNAVAILABLE);
  });

  it('is INTERNAL where the last message is not whole', async () => {
    const status = await statusAfter((stream) => {
      answer(stream, { chunks: [message('whole'), message('cut off').subarray(0, 8)] });
    });
    expect(status).toMatchObject({
      code: code.INTERNAL,
      details: expect.stringContaining('middle') as string,
    });
  });
});

describe('a stream that the server resets', () => {
  const meanings: Record<string, code> = {
    NO_ERROR: code.INTERNAL,
    PROTOCOL_ERROR: code.INTERNAL,
    INTERNAL_ERROR: code.INTERNAL,
    FLOW_CONTROL_ERROR: code.INTERNAL,
    SETTINGS_TIMEOUT: code.INTERNAL,
    STREAM_CLOSED: code.INTERNAL,
    FRAME_SIZE_ERROR: code.INTERNAL,
    REFUSED_STREAM: code.UNAVAILABLE,
    CANCEL: code.CANCELLED,
    COMPRESSION_ERROR: code.INTERNAL,
    CONNECT_ERROR: code.INTERNAL,
    ENHANCE_YOUR_CALM: code.RESOURCE_EXHAUSTED,
    INADEQUATE_SECURITY: code.PERMISSION_DENIED,
    HTTP_1_1_REQUIRED: code.INTERNAL,
  };
  const rows = Object.entries(meanings).map(
    ([name, expected]) =>
      [name, code[expected], constants[`NGHTTP2_${name}` as keyof typeof constants] as number] as const,
  );

  it.each(rows)(
    'with %s, before it answers or midway, ends the call with %s',
    async (name, expected, rst) => {
      const early = await frameServer((stream) => reset(stream, rst));
      const midway = await frameServer((stream) => Buffer.concat([grpcAnswer(stream), reset(stream, rst)]));
      for (const server of [early, midway]) {
        expect(code[(await ask(ours(server))).status.code]).toBe(expected);
        // grpc-js tries a refused call again, so that a server which refuses for ever is asked twice; it says the same.
        expect(code[(await ask(theirs(server))).status.code]).toBe(expected);
      }
      expect(name in meanings).toBe(true);
    },
  );

  it('with a code that HTTP/2 does not know ends the call with INTERNAL', async () => {
    const server = await frameServer((stream) => reset(stream, 4711));
    const { status } = await ask(ours(server));
    expect(status.code).toBe(code.INTERNAL);
  });

  it('after its trailers has said all: the status counts', async () => {
    const server = await frameServer((stream) =>
      Buffer.concat([grpcAnswer(stream), okTrailers(stream), reset(stream, constants.NGHTTP2_CANCEL)]),
    );
    const { status } = await ask(ours(server), { halfCloses: false });
    expect(status.code).toBe(code.OK);
  });

  it('does not touch the calls beside it', async () => {
    const server = await frameServer((stream) =>
      stream === 1
        ? reset(1, constants.NGHTTP2_INTERNAL_ERROR)
        : Buffer.concat([grpcAnswer(stream), okTrailers(stream)]),
    );
    const channel = ours(server);
    const outcomes = await Promise.all([ask(channel), ask(channel), ask(channel)]);
    expect(outcomes.map(({ status }) => code[status.code])).toEqual(['INTERNAL', 'OK', 'OK']);
    expect(server.sockets.size).toBe(1);
  });
});

describe('a connection that is lost', () => {
  it('midway ends its calls with UNAVAILABLE, with what came before', async () => {
    const server = await scriptedServer((stream) => {
      stream.respond(grpcHeaders);
      stream.write(message('one'));
    });
    const outcome = await ask(ours(server), {
      messageCame: () => {
        for (const socket of server.sockets) socket.destroy();
      },
    });
    expect(outcome.status).toMatchObject({ code: code.UNAVAILABLE, details: 'Connection dropped' });
    expect(outcome.events).toEqual(['metadata', 'message', 'status']);
  });

  it('by GOAWAY with an error ends its calls with UNAVAILABLE', async () => {
    const server = await frameServer(() => goaway(0, constants.NGHTTP2_PROTOCOL_ERROR));
    const { status } = await ask(ours(server));
    expect(status.code).toBe(code.UNAVAILABLE);
  });

  it.each<[string, code, (stream: number) => Buffer]>([
    ['bytes that are no frame', code.UNAVAILABLE, () => Buffer.alloc(64, 0xff)],
    [
      'headers that cannot be decoded',
      code.UNAVAILABLE,
      (stream) => frame('headers', 4, stream, Buffer.of(0xff, 0xff, 0xff)),
    ],
    ['a body without headers', code.INTERNAL, (stream) => frame('data', 0, stream, message('x'))],
  ])('to %s ends its calls at once with %d', async (_, expected, bytes) => {
    const server = await frameServer((stream) => bytes(stream));
    const { status } = await ask(ours(server));
    expect(status.code).toBe(expected);
    expect(status.details).toMatch(/broke the HTTP\/2 protocol|no HTTP\/2 response/);
  });

  it.each<[string, Buffer]>([
    ['garbage', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['nothing, and closes', Buffer.alloc(0)],
  ])('before it was one, by a server that says %s, is told to who asked', async (_, bytes) => {
    const server = await rawServer((socket) => {
      socket.end(bytes);
    });
    const { status } = await ask(ours(server));
    expect(status.code).toBe(code.UNAVAILABLE);
    expect(status.details).toContain(`No connection to tcp:${server.target}`);
  });
});
