import { status as code } from '@grpc/grpc-js';
import { constants } from 'node:http2';
import { frameServer, reset } from './frames.js';
import {
  answer,
  answerAtEnd,
  ask,
  grpcHeaders,
  message,
  ours,
  scriptedServer,
  theirs,
  type Question,
  type StartedCall,
} from './support.js';
import { untilTrue } from '../../support/until-true.js';

const silent = () => scriptedServer(() => undefined);

describe('the deadline of a call', () => {
  const second = 1000;
  const hour = 3600 * second;
  it.each([
    ['milliseconds', 90 * second, /^(90000|89\d\d\d)m$/],
    ['milliseconds as long as eight digits hold them', 27 * hour, /^\d{8}m$/],
    ['seconds beyond that', 28 * hour, /^1007\d\d|100800S$/],
    ['minutes beyond those', 30_000 * hour, /^1800000M$|^17999\d\dM$/],
    ['hours beyond those', 2_000_000 * hour, /^2000000H$|^1999999H$/],
  ])('is told to the server in %s', async (_, leftMs, expected) => {
    const server = await scriptedServer((stream) => {
      answer(stream);
    });
    for (const channel of [ours(server), theirs(server)])
      await ask(channel, { deadline: Date.now() + leftMs });
    const [here, there] = server.requests.map((headers) => headers['grpc-timeout']);
    expect(here).toMatch(expected);
    expect(there).toMatch(expected);
  });

  it.each([
    ['never', Infinity],
    ['longer than can be written', Date.now() + 1e9 * hour],
  ])('is not told where it is %s', async (_, deadline) => {
    const server = await scriptedServer((stream) => {
      answer(stream);
    });
    expect((await ask(ours(server), { deadline })).status.code).toBe(code.OK);
    expect(server.requests[0]).not.toHaveProperty('grpc-timeout');
  });

  it.each<[string, () => Question]>([
    ['a number', () => ({ deadline: Date.now() + 50 })],
    ['a Date', () => ({ deadline: new Date(Date.now() + 50) })],
  ])('ends it in time, and tells the server to stop: %s', async (_, question) => {
    let rst: number | null = null;
    const server = await scriptedServer((stream) => {
      stream.once('close', () => {
        rst = stream.rstCode;
      });
    });
    const begun = Date.now();
    const { status } = await ask(ours(server), question());
    expect(status).toMatchObject({ code: code.DEADLINE_EXCEEDED, details: 'Deadline exceeded' });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(49);
    await untilTrue(() => rst !== null);
    expect(rst).toBe(constants.NGHTTP2_CANCEL);
  });

  it.each([0, -Infinity, Date.now() - 1])(
    'that has passed keeps it from being sent: %d',
    async (deadline) => {
      const server = await scriptedServer((stream) => {
        answer(stream);
      });
      const channel = ours(server);
      await ask(channel);
      expect((await ask(channel, { deadline })).status.code).toBe(code.DEADLINE_EXCEEDED);
      expect((await ask(channel)).status.code).toBe(code.OK);
      expect(server.requests).toHaveLength(2);
    },
  );

  it('counts while there is no connection', async () => {
    const server = await frameServer(() => null);
    for (const waitForReady of [true, false]) {
      const channel = ours({ address: { network: 'unix', address: '/nowhere/at/all' } });
      const { status } = await ask(channel, { deadline: Date.now() + 50, waitForReady });
      expect(status.code).toBe(waitForReady ? code.DEADLINE_EXCEEDED : code.UNAVAILABLE);
    }
    expect(server.sockets.size).toBe(0);
  });

  it('is the reason where the server cancels the call for it a moment before we do', async () => {
    const server = await frameServer((stream, socket) => {
      const deadline = Date.now() + 50;
      // The whole process stands still over the deadline, so that ours is told of after the server's answer.
      socket.write(reset(stream, constants.NGHTTP2_CANCEL), () => {
        while (Date.now() < deadline);
      });
      return null;
    });
    const { status } = await ask(ours(server), { deadline: Date.now() + 40 });
    expect(status.code).toBe(code.DEADLINE_EXCEEDED);
  });

  it('of the server itself is a status like others', async () => {
    const server = await scriptedServer((stream) => {
      answer(stream, { trailers: { 'grpc-status': '4', 'grpc-message': 'too slow' } });
    });
    const { status } = await ask(ours(server));
    expect(status).toMatchObject({ code: code.DEADLINE_EXCEEDED, details: 'too slow' });
  });
});

describe('a call that is cancelled', () => {
  const cancel = (call: StartedCall): void => {
    call.cancelWithStatus(code.CANCELLED, 'enough');
  };

  it('before it is started is never sent, and hears of it after its start', async () => {
    const server = await silent();
    const channel = ours(server);
    const call = channel.createCall('/test.Service/Method', Infinity, null, null, null);
    cancel(call);
    const told = await ask({ ...channel, createCall: () => call });
    expect(told).toMatchObject({ events: ['status'], status: { code: code.CANCELLED, details: 'enough' } });
    expect(server.requests).toEqual([]);
    expect(server.sessions.size).toBe(0);
  });

  it('as it starts, while it has no connection, is never sent', async () => {
    const server = await scriptedServer((stream) => {
      answer(stream);
    });
    const channel = ours(server);
    const outcome = await ask(channel, { started: cancel });
    expect(outcome.events).toEqual(['status']);
    expect((await ask(channel)).status.code).toBe(code.OK);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, Question, string[]]>([
    ['before the answer begins', { started: (call) => setImmediate(cancel, call) }, ['status']],
    ['when the answer begins', { metadataCame: cancel }, ['metadata', 'status']],
    ['midway', { messageCame: cancel }, ['metadata', 'message', 'status']],
  ])('%s hears of nothing more, and the server of the end', async (_, question, events) => {
    let isAborted = false;
    const server = await scriptedServer((stream) => {
      stream.once('aborted', () => {
        isAborted = true;
      });
      if (question.started === undefined) stream.respond(grpcHeaders);
      if (question.messageCame !== undefined) stream.write(Buffer.concat([message('one'), message('two')]));
    });
    const channel = ours(server);
    await new Promise((resolve) => {
      channel.connect(resolve);
    });
    const outcome = await ask(channel, { ...question, halfCloses: false });
    expect(outcome.events).toEqual(events);
    expect(outcome.status).toMatchObject({ code: code.CANCELLED, details: 'enough' });
    await untilTrue(() => isAborted);
  });

  it('after its end is as it was', async () => {
    const server = await scriptedServer((stream) => {
      answer(stream, { chunks: [message('one')] });
    });
    let call: StartedCall | null = null;
    const outcome = await ask(ours(server), {
      started: (made) => {
        call = made;
      },
    });
    const over = call as unknown as StartedCall;
    cancel(over);
    over.startRead();
    over.halfClose();
    over.sendMessageWithContext({}, Buffer.from('late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(outcome.events).toEqual(['metadata', 'message', 'status']);
    expect(outcome.status.code).toBe(code.OK);
  });

  it('by the server is CANCELLED', async () => {
    const server = await frameServer((stream) => reset(stream, constants.NGHTTP2_CANCEL));
    expect((await ask(ours(server))).status.code).toBe(code.CANCELLED);
  });

  it.each([true, false])('still has its writers called back; connected: %s', async (isConnected) => {
    const server = await silent();
    const channel = ours(server);
    if (isConnected)
      await new Promise((resolve) => {
        channel.connect(resolve);
      });
    let calledBack = 0;
    const count = (): void => {
      calledBack += 1;
    };
    await ask(channel, {
      messages: [],
      halfCloses: false,
      started: (call) => {
        // More than any window, so that it is not written when the call ends.
        call.sendMessageWithContext({ callback: count }, Buffer.alloc(8 * 1024 * 1024));
        process.nextTick(() => {
          call.sendMessageWithContext({ callback: count }, Buffer.from('before'));
          cancel(call);
          call.sendMessageWithContext({ callback: count }, Buffer.from('after'));
        });
      },
    });
    await untilTrue(() => calledBack === 3);
    expect(server.requests.length).toBeLessThanOrEqual(1);
  });
});

describe('a call whose server ends it before the client has', () => {
  it('is over, and the client is told to send no more', async () => {
    let rst: number | null = null;
    const server = await scriptedServer((stream) => {
      stream.once('close', () => {
        rst = stream.rstCode;
      });
      answer(stream, { trailers: { 'grpc-status': '8', 'grpc-message': 'too much' } });
    });
    const { status } = await ask(ours(server), { halfCloses: false });
    expect(status).toMatchObject({ code: code.RESOURCE_EXHAUSTED, details: 'too much' });
    await untilTrue(() => rst !== null);
  });

  it('may have sent megabytes that nobody reads', async () => {
    const server = await scriptedServer((stream) => {
      answer(stream, { chunks: [message('enough')] });
    });
    const outcome = await ask(ours(server), { messages: [Buffer.alloc(8 * 1024 * 1024)] });
    expect(outcome.status.code).toBe(code.OK);
    expect(outcome.messages.map(String)).toEqual(['enough']);
  });

  it('leaves the connection to the calls after it', async () => {
    const server = await scriptedServer((stream, headers) => {
      if (headers[':path'] === '/early') answer(stream);
      else answerAtEnd(stream, (request) => ({ chunks: [request] }));
    });
    const channel = ours(server);
    for (let round = 0; round < 20; round += 1) {
      await ask(channel, { method: '/early', halfCloses: false, messages: [Buffer.alloc(100_000)] });
      expect((await ask(channel)).messages.map(String)).toEqual(['question']);
    }
    expect(server.sessions.size).toBe(1);
  });
});
