import {
  Metadata,
  status as code,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import {
  connect,
  servers,
  startServer,
  UnimplementedService,
  type RunningServer,
  type TestClient,
  type Way,
} from './peers.js';

const isLong = process.env['INTEROP_LONG'] === 'true';
const ways: readonly Way[] = ['short', 'ordinary', 'gzip'];

interface Payload {
  readonly payload: { readonly body: Buffer } | null;
}
type Done = (error: ServiceError | null, reply: Payload) => void;

const unaryOf =
  (client: TestClient) =>
  (request: object, ...rest: unknown[]): Promise<Payload> =>
    new Promise((resolve, reject) => {
      const done: Done = (error, reply) => {
        if (error === null) resolve(reply);
        else reject(error);
      };
      client['UnaryCall']?.(request, ...rest, done);
    });

const sizeOf = (reply: Payload): number => reply.payload?.body.length ?? 0;
const body = (size: number) => ({ payload: { body: Buffer.alloc(size) } });
const parameters = (...sizes: number[]) => ({ response_parameters: sizes.map((size) => ({ size })) });
const duplexOf = (client: TestClient, ...rest: unknown[]) =>
  client['FullDuplexCall']?.(...rest) as ClientDuplexStream<object, Payload>;
const outputOf = (client: TestClient, request: object) =>
  client['StreamingOutputCall']?.(request) as ClientReadableStream<Payload>;

async function failureOf(stream: ClientReadableStream<Payload> | ClientDuplexStream<object, Payload>) {
  const [error] = (await once(stream.resume(), 'error').catch((thrown: unknown) => [thrown])) as [
    ServiceError,
  ];
  return error;
}

function inputSum(client: TestClient, sizes: readonly number[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = client['StreamingInputCall']?.(
      (error: ServiceError | null, reply: { aggregated_payload_size: number }) => {
        if (error === null) resolve(reply.aggregated_payload_size);
        else reject(error);
      },
    ) as ClientWritableStream<object>;
    for (const size of sizes) call.write(body(size));
    call.end();
  });
}

describe.each(ways)("gRPC's interoperability cases against grpc-go, the %s way", (way) => {
  let server: RunningServer;
  let client: TestClient;
  let close: () => void;
  beforeAll(async () => {
    server = await startServer('grpc-go');
    ({ client, close } = await connect(server.address, undefined, way));
  });
  afterAll(async () => {
    close();
    await server.stop();
  });

  it('empty_unary', async () => {
    const reply = await new Promise((resolve, reject) => {
      client['EmptyCall']?.({}, (error: ServiceError | null, answer: unknown) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
    expect(reply).toEqual({});
  });

  it('large_unary', async () => {
    expect(sizeOf(await unaryOf(client)({ response_size: 314_159, ...body(271_828) }))).toBe(314_159);
  });

  it('client_streaming', async () => {
    await expect(inputSum(client, [27_182, 8, 1_828, 45_904])).resolves.toBe(74_922);
  });

  it('server_streaming', async () => {
    const sizes = [31_415, 9, 2_653, 58_979];
    const seen: number[] = [];
    for await (const reply of outputOf(client, parameters(...sizes)) as AsyncIterable<Payload>)
      seen.push(sizeOf(reply));
    expect(seen).toEqual(sizes);
  });

  it('ping_pong', async () => {
    const call = duplexOf(client);
    const sizes: [number, number][] = [
      [31_415, 27_182],
      [9, 8],
      [2_653, 1_828],
      [58_979, 45_904],
    ];
    for (const [answer, request] of sizes) {
      const reply = once(call, 'data') as Promise<[Payload]>;
      call.write({ ...parameters(answer), ...body(request) });
      expect(sizeOf((await reply)[0])).toBe(answer);
    }
    const ended = once(call, 'end');
    call.end();
    await ended;
  });

  it('empty_stream', async () => {
    const call = duplexOf(client);
    call.end();
    await once(call.resume(), 'end');
  });

  it('timeout_on_sleeping_server', async () => {
    const call = duplexOf(client, { deadline: Date.now() + 1 });
    call.write({ response_parameters: [{ size: 31_415, interval_us: 1_000_000 }], ...body(27_182) });
    expect(await failureOf(call)).toMatchObject({ code: code.DEADLINE_EXCEEDED });
  });

  it('cancel_after_begin', async () => {
    const failed = new Promise<ServiceError | null>((resolve) => {
      const call = client['StreamingInputCall']?.((error: ServiceError | null) => {
        resolve(error);
      }) as ClientWritableStream<object>;
      call.cancel();
    });
    expect(await failed).toMatchObject({ code: code.CANCELLED });
  });

  it('cancel_after_first_response', async () => {
    const call = duplexOf(client);
    call.write({ ...parameters(31_415), ...body(27_182) });
    await once(call, 'data');
    const failed = failureOf(call);
    call.cancel();
    expect(await failed).toMatchObject({ code: code.CANCELLED });
  });

  it('custom_metadata', async () => {
    const [initial, trailing] = ['x-grpc-test-echo-initial', 'x-grpc-test-echo-trailing-bin'];
    const metadata = new Metadata();
    metadata.set(initial, 'test_initial_metadata_value');
    metadata.set(trailing, Buffer.from('ababab', 'hex'));
    const check = async (call: ClientUnaryCall | ClientDuplexStream<object, Payload>): Promise<void> => {
      const told = Promise.all([once(call, 'metadata'), once(call, 'status')]);
      const [[head], [{ metadata: trailers }]] = (await told) as [[Metadata], [{ metadata: Metadata }]];
      expect(head.get(initial)).toEqual(['test_initial_metadata_value']);
      expect(trailers.get(trailing)).toEqual([Buffer.from('ababab', 'hex')]);
    };
    const request = { response_size: 314_159, ...body(271_828) };
    await check(client['UnaryCall']?.(request, metadata, () => undefined) as ClientUnaryCall);
    const call = duplexOf(client, metadata);
    call.write({ ...parameters(314_159), ...body(271_828) });
    call.end();
    call.resume();
    await check(call);
  });

  it.each([
    ['status_code_and_message', 'test status message'],
    ['special_status_message', '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n'],
  ])('%s', async (_, message) => {
    const response_status = { code: code.UNKNOWN, message };
    await expect(unaryOf(client)({ response_status })).rejects.toMatchObject({
      code: code.UNKNOWN,
      details: message,
    });
    const call = duplexOf(client);
    call.write({ response_status });
    call.end();
    expect(await failureOf(call)).toMatchObject({ code: code.UNKNOWN, details: message });
  });

  it('unimplemented_method', async () => {
    const failed = new Promise((resolve) => {
      client['UnimplementedCall']?.({}, resolve);
    });
    expect(await failed).toMatchObject({ code: code.UNIMPLEMENTED });
  });

  it('unimplemented_service', async () => {
    const other = await connect(server.address, UnimplementedService, way);
    const failed = new Promise((resolve) => {
      other.client['UnimplementedCall']?.({}, resolve);
    });
    expect(await failed).toMatchObject({ code: code.UNIMPLEMENTED });
    other.close();
  });
});

describe.each(Object.keys(servers))('a server on %s', (name) => {
  let server: RunningServer;
  let client: TestClient;
  let close: () => void;
  beforeAll(async () => {
    server = await startServer(name);
    ({ client, close } = await connect(server.address));
  });
  afterAll(async () => {
    close();
    await server.stop();
  });

  const sequential = isLong ? 1_000_000 : 20_000;
  it(`answers ${sequential} sequential calls on one connection`, async () => {
    const call = unaryOf(client);
    for (let number = 0; number < sequential; number += 1) {
      const size = number % 100;
      if (sizeOf(await call({ response_size: size })) !== size)
        throw new Error(`call ${number} has another size`);
    }
  }, 1_200_000);

  it('serves a thousand streams at once', async () => {
    const calls = Array.from({ length: 1000 }, () => duplexOf(client));
    // All are open before the first one ends.
    const replies = calls.map((call, number) => {
      const reply = once(call, 'data') as Promise<[Payload]>;
      call.write(parameters(number));
      return reply;
    });
    const limit = name === 'grpcio' ? 8 : 1000;
    // grpcio has a thread for each stream: the others begin as those before them end.
    for (let at = 0; at < calls.length; at += limit) {
      const sizes = (await Promise.all(replies.slice(at, at + limit))).map(([reply]) => sizeOf(reply));
      expect(sizes).toEqual(Array.from({ length: sizes.length }, (_, number) => at + number));
      await Promise.all(
        calls.slice(at, at + limit).map((call) => {
          const ended = once(call, 'end');
          call.end();
          return ended;
        }),
      );
    }
  }, 120_000);

  it('carries messages of 8 MiB in both directions', async () => {
    const size = 8 * 2 ** 20;
    expect(sizeOf(await unaryOf(client)({ response_size: size, ...body(size) }))).toBe(size);
    await expect(inputSum(client, [size, 1, size])).resolves.toBe(2 * size + 1);
    // Small calls are not held up behind it.
    const large = unaryOf(client)({ response_size: size, ...body(size) });
    const small = await Promise.all(Array.from({ length: 50 }, () => unaryOf(client)({ response_size: 10 })));
    expect(small.map(sizeOf)).toEqual(small.map(() => 10));
    expect(sizeOf(await large)).toBe(size);
  }, 60_000);

  it.each(ways)(
    'loses no call of the %s way when it closes its connections by age',
    async (way) => {
      const aging = await startServer(name, 150);
      const { client: caller, close: end } = await connect(aging.address, undefined, way);
      const call = unaryOf(caller);
      const until = Date.now() + (isLong ? 60_000 : 3000);
      let answered = 0;
      const work = async (): Promise<void> => {
        while (Date.now() < until) {
          expect(sizeOf(await call({ response_size: answered % 100 }))).toBeLessThan(100);
          answered += 1;
        }
      };
      try {
        await Promise.all(Array.from({ length: 20 }, work));
      } finally {
        end();
        await aging.stop();
      }
      expect(answered).toBeGreaterThan(100);
    },
    90_000,
  );
});
