import { status as code, type ChannelInterface } from '@grpc/grpc-js';
import type { ServerHttp2Stream } from 'node:http2';
import {
  answer,
  answerAtEnd,
  ask,
  grpcHeaders,
  message,
  ours,
  scriptedServer,
  type StartedCall,
} from './support.js';
import { untilTrue } from '../../support/until-true.js';

const chunk = message(Buffer.alloc(64 * 1024 - 5));
const window = 1024 * 1024;

/** Writes as much as it is let, and counts it. */
function pour(stream: ServerHttp2Stream): { sent: number } {
  const count = { sent: 0 };
  stream.respond(grpcHeaders);
  const next = (): void => {
    if (stream.destroyed) return;
    stream.write(chunk, (error) => {
      if (error) return;
      count.sent += chunk.length;
      next();
    });
  };
  next();
  return count;
}

/** Waits until a number stays the same while other calls go to the server and come back. */
async function untilStill(number: () => number, channel: ChannelInterface): Promise<number> {
  let before = -1;
  while (number() !== before) {
    before = number();
    for (let trip = 0; trip < 50; trip += 1) await ask(channel, { method: beside });
  }
  return before;
}

const beside = '/test.Service/Beside';

describe('a slow reader', () => {
  it('stops the server at the window, and lets it go on', async () => {
    let count = { sent: 0 };
    const server = await scriptedServer((stream, headers) => {
      if (headers[':path'] === beside) answer(stream);
      else count = pour(stream);
    });
    const channel = ours(server);
    let call: StartedCall | null = null;
    let got = 0;
    const outcome = ask(channel, {
      reads: false,
      started: (made) => {
        call = made;
      },
      messageCame: (made, received) => {
        got += received.length;
        if (got < 20 * window) made.startRead();
        else made.cancelWithStatus(code.CANCELLED, 'enough');
      },
    });
    await untilTrue(() => count.sent > 0);
    const still = await untilStill(() => count.sent, channel);
    expect(still).toBeGreaterThanOrEqual(window / 2);
    expect(still).toBeLessThan(3 * window);
    (call as StartedCall | null)?.startRead();
    expect((await outcome).status.details).toBe('enough');
    expect(got).toBeGreaterThanOrEqual(20 * window);
  });

  it('does not stall the calls beside it, however many there are', async () => {
    const counts: { sent: number }[] = [];
    const server = await scriptedServer((stream, headers) => {
      if (headers[':path'] === '/test.Service/Pour') counts.push(pour(stream));
      else answer(stream, { chunks: Array.from({ length: 32 }, () => chunk) });
    });
    const channel = ours(server);
    // Together they hold more than the window of the whole connection.
    const stalled = Array.from({ length: 80 }, () =>
      ask(channel, { method: '/test.Service/Pour', reads: false }),
    );
    await untilTrue(() => counts.length === 80 && counts.every(({ sent }) => sent > window / 2));
    const { messages, status } = await ask(channel);
    expect([code[status.code], messages.length]).toEqual(['OK', 32]);
    channel.destroy();
    expect((await Promise.all(stalled)).every((outcome) => outcome.status.code === code.UNAVAILABLE)).toBe(
      true,
    );
  });
});

describe('a slow server', () => {
  it('stops the writer: a message is written when it is on its way, and not before', async () => {
    let stream: ServerHttp2Stream | null = null;
    let got = 0;
    const server = await scriptedServer((opened, headers) => {
      if (headers[':path'] === beside) answer(opened);
      else stream = opened;
    });
    const channel = ours(server);
    let written = 0;
    const total = 400;
    const outcome = ask(channel, {
      messages: [],
      halfCloses: false,
      started: (call) => {
        const next = (): void => {
          if (written === total) {
            call.halfClose();
            return;
          }
          call.sendMessageWithContext(
            {
              callback: () => {
                written += 1;
                next();
              },
            },
            chunk,
          );
        };
        next();
      },
    });
    await untilTrue(() => stream !== null);
    const still = await untilStill(() => written, channel);
    expect(still * chunk.length).toBeLessThan(4 * window);
    const reading = stream as unknown as ServerHttp2Stream;
    reading.on('data', (bytes: Buffer) => {
      got += bytes.length;
    });
    reading.once('end', () => {
      answer(reading);
    });
    expect((await outcome).status.code).toBe(code.OK);
    expect(written).toBe(total);
    expect(got).toBe(total * (chunk.length + 5));
  });
});

describe('many calls at once', () => {
  it('share one connection: 1,000, each with an answer of its own', async () => {
    const held: (() => void)[] = [];
    const server = await scriptedServer((stream) => {
      held.push(() => {
        answerAtEnd(stream, (request) => ({ chunks: [request] }));
      });
      // None is answered before all are there.
      if (held.length === 1000) for (const go of held) go();
    });
    const channel = ours(server);
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, (_, at) => ask(channel, { messages: [Buffer.from(`number ${at}`)] })),
    );
    expect(outcomes.map(({ messages }) => String(messages[0]))).toEqual(
      outcomes.map((_, at) => `number ${at}`),
    );
    expect(server.sessions.size).toBe(1);
  });

  it('wait their turn where the server takes but a few', async () => {
    let open = 0;
    let most = 0;
    const server = await scriptedServer(
      (stream) => {
        open += 1;
        most = Math.max(most, open);
        stream.once('close', () => {
          open -= 1;
        });
        answerAtEnd(stream, (request) => ({ chunks: [request] }));
      },
      { settings: { maxConcurrentStreams: 3 } },
    );
    const channel = ours(server);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => ask(channel)));
    expect(outcomes.map(({ status }) => code[status.code])).toEqual(outcomes.map(() => 'OK'));
    expect(most).toBeLessThanOrEqual(3);
  });
});
