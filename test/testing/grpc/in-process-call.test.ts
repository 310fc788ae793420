import { Client, Metadata, status as code, type ServiceDefinition } from '@grpc/grpc-js';
import { createSimulatedEnvironment, type SimulatedEnvironment } from '../../../src/testing/index.js';

const text = {
  requestSerialize: (value: string) => Buffer.from(value),
  requestDeserialize: String,
  responseSerialize: (value: string) => Buffer.from(value),
  responseDeserialize: String,
};
const definition = {
  One: { path: '/test.Talk/One', requestStream: false, responseStream: false, ...text },
  Gather: { path: '/test.Talk/Gather', requestStream: true, responseStream: false, ...text },
  Scatter: { path: '/test.Talk/Scatter', requestStream: false, responseStream: true, ...text },
  Talk: { path: '/test.Talk/Talk', requestStream: true, responseStream: true, ...text },
  Missing: { path: '/test.Talk/Missing', requestStream: false, responseStream: false, ...text },
} satisfies ServiceDefinition;

interface ServerCall {
  readonly request: string;
  readonly metadata: Metadata;
  cancelled: boolean;
  sendMetadata(metadata: Metadata): void;
  on(event: string, act: (value: string) => void): this;
  write(value: string): void;
  end(metadata?: Metadata): void;
  emit(event: string, value: object): void;
}
type Answer = (error: object | null, value?: string, trailer?: Metadata) => void;

const cancelled: string[] = [];
const implementation = {
  One(call: ServerCall, answer: Answer) {
    call.sendMetadata(call.metadata);
    const trailer = new Metadata();
    trailer.set('after', 'all');
    if (call.request === 'throw') throw new Error('a defect');
    call.on('cancelled', () => cancelled.push(call.request));
    if (call.request !== 'wait') answer(null, `${call.request}!`, trailer);
  },
  Gather(call: ServerCall, answer: Answer) {
    const got: string[] = [];
    call
      .on('data', (value) => got.push(value))
      .on('end', () => {
        answer(null, got.join(' '));
      });
  },
  Scatter(call: ServerCall) {
    for (const letter of call.request) call.write(letter);
    if (call.request === 'fail') call.emit('error', { code: code.ABORTED, details: 'enough' });
    else call.end();
  },
  Talk(call: ServerCall) {
    call.on('data', (value) => {
      call.write(`you said ${value}`);
    });
    call.on('end', () => {
      call.end();
    });
  },
};

class Talk extends Client {}

async function open(): Promise<SimulatedEnvironment & { readonly client: Client }> {
  const simulated = await createSimulatedEnvironment({
    plugins: { it: { services: [{ definition, implementation: implementation as never }] } },
  });
  await simulated.env.activate('it');
  return { ...simulated, client: simulated.env.plugin('it').client(Talk) };
}

type CallResult = { error: { code: number; details: string } | null; value: string | undefined };

function unary(client: Client, method: 'One' | 'Missing', request: string, deadline?: number) {
  const { path, requestSerialize, responseDeserialize } = definition[method];
  let headers: Metadata | null = null;
  let trailer: Metadata | undefined;
  const metadata = new Metadata();
  metadata.set('who', 'me');
  const answered = new Promise<CallResult>((resolve) => {
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      deadline === undefined ? {} : { deadline },
      (error, value) => {
        resolve({ error, value });
      },
    );
    call.on('metadata', (got: Metadata) => (headers = got));
    call.on('status', (got: { metadata: Metadata }) => (trailer = got.metadata));
    cancel = () => {
      call.cancel();
    };
  });
  return { answered, headers: () => headers, trailer: () => trailer };
}
let cancel = (): void => undefined;

function collected(stream: NodeJS.EventEmitter): Promise<{ got: string[]; error: { code: number } | null }> {
  const got: string[] = [];
  return new Promise((resolve) => {
    stream.on('data', (value: string) => got.push(value));
    stream.on('error', (error: { code: number } & Error) => {
      resolve({ got, error });
    });
    stream.on('end', () => {
      resolve({ got, error: null });
    });
  });
}

describe('a call to a simulated plugin', () => {
  it('is answered, with headers and trailers', async () => {
    const { client } = await open();
    const { answered, headers, trailer } = unary(client, 'One', 'hello');
    expect(await answered).toEqual({ error: null, value: 'hello!' });
    expect(headers()?.get('who')).toEqual(['me']);
    expect(trailer()?.get('after')).toEqual(['all']);
  });

  it('collects what a client streams', async () => {
    const { client } = await open();
    const answer = new Promise((resolve) => {
      const { path, requestSerialize, responseDeserialize } = definition.Gather;
      const stream = client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        (_, value) => {
          resolve(value);
        },
      );
      for (const word of ['to', 'be', 'or']) stream.write(word);
      stream.end();
    });
    expect(await answer).toBe('to be or');
  });

  it('streams answers, and an error after them', async () => {
    const { client } = await open();
    const { path, requestSerialize, responseDeserialize } = definition.Scatter;
    const scatter = (word: string) =>
      collected(client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, word));
    expect(await scatter('abc')).toEqual({ got: ['a', 'b', 'c'], error: null });
    const { got, error } = await scatter('fail');
    expect([got.join(''), error?.code]).toEqual(['fail', code.ABORTED]);
  });

  it('streams both ways', async () => {
    const { client } = await open();
    const { path, requestSerialize, responseDeserialize } = definition.Talk;
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    const heard = collected(stream);
    stream.write('hi');
    stream.write('bye');
    stream.end();
    expect(await heard).toEqual({ got: ['you said hi', 'you said bye'], error: null });
  });

  it.each([
    ['is not implemented', 'Missing', 'x', code.UNIMPLEMENTED],
    ['throws', 'One', 'throw', code.UNKNOWN],
  ] as const)('fails when its method %s', async (_, method, request, status) => {
    const { client } = await open();
    expect((await unary(client, method, request).answered).error?.code).toBe(status);
  });

  it('can be cancelled, and its handler is notified', async () => {
    const { client } = await open();
    cancelled.length = 0;
    const { answered } = unary(client, 'One', 'wait');
    cancel();
    expect((await answered).error?.code).toBe(code.CANCELLED);
    expect(cancelled).toEqual(['wait']);
  });

  it('fails when the process ends, and when its deadline passes by the simulated clock', async () => {
    const { client, crash, runUntilSettled, clock, runUntil } = await open();
    const { answered } = unary(client, 'One', 'wait');
    crash('it');
    expect((await answered).error?.code).toBe(code.UNAVAILABLE);
    await runUntil('it', 'healthy');
    const late = runUntilSettled(unary(client, 'One', 'wait', Date.now() + 4000).answered);
    expect((await late).error?.code).toBe(code.DEADLINE_EXCEEDED);
    expect(clock.now()).toBeLessThanOrEqual(4000);
  });

  it('waits while the plugin hangs, and is answered when the plugin responds again', async () => {
    const { client, hang, recover, advance } = await open();
    hang('it');
    let result: CallResult | null = null;
    const { answered } = unary(client, 'One', 'hello');
    void answered.then((received) => (result = received));
    await advance(1000);
    expect(result).toBeNull();
    recover('it');
    expect((await answered).value).toBe('hello!');
  });

  it('in flight holds up a stop until it is answered, or the drain limit has passed', async () => {
    const { client, env, runUntilSettled, clock } = await open();
    const { answered } = unary(client, 'One', 'wait');
    await runUntilSettled(env.deactivate('it'));
    expect(clock.now()).toBe(5000);
    expect((await answered).error?.code).toBe(code.UNAVAILABLE);
  });
});
