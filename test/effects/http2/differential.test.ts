import { Metadata } from '@grpc/grpc-js';
import { deflateSync, gzipSync } from 'node:zlib';
import {
  answer,
  answerAtEnd,
  ask,
  comparable,
  grpcHeaders,
  message,
  ours,
  scriptedServer,
  theirs,
  type Question,
  type Script,
} from './support.js';

const ended = (trailers: Record<string, string | string[]>, status = 200): Script => {
  return (stream) => {
    stream.respond(
      { ':status': status, 'content-type': 'application/grpc', ...trailers },
      { endStream: true },
    );
  };
};
const withTrailers =
  (trailers: Record<string, string | string[]>): Script =>
  (stream) => {
    answer(stream, { chunks: [message('one')], trailers });
  };
const page =
  (status: number): Script =>
  (stream) => {
    stream.respond({ ':status': status, 'content-type': 'text/html' });
    stream.end('<h1>no</h1>');
  };
const compressed = (encoding: string, bytes: Uint8Array): Script => {
  const framed = message(bytes);
  framed[0] = 1;
  return (stream) => {
    answer(stream, { headers: { ...grpcHeaders, 'grpc-encoding': encoding }, chunks: [framed] });
  };
};
const many = new Metadata();
many.set('plain', 'a value');
many.add('twice', 'one');
many.add('twice', 'two');
many.set('bytes-bin', Buffer.from([0, 1, 2, 253, 254, 255]));
many.add('several-bin', Buffer.from('one'));
many.add('several-bin', Buffer.from('two'));

/** What both make the same of. */
const alike: [string, Script, Question?][] = [
  ['an answer of one message', withTrailers({ 'grpc-status': '0' })],
  [
    'an answer of no message',
    (stream) => {
      answer(stream);
    },
  ],
  [
    'an answer of an empty message',
    (stream) => {
      answer(stream, { chunks: [message('')] });
    },
  ],
  [
    'an answer of three messages',
    (stream) => {
      answer(stream, { chunks: ['a', 'b', 'c'].map(message) });
    },
  ],
  [
    'an answer of one byte a chunk',
    (stream) => {
      answer(stream, {
        chunks: [...Buffer.concat([message('ab'), message('')])].map((byte) => Buffer.of(byte)),
      });
    },
  ],
  ['trailers alone', ended({ 'grpc-status': '5', 'grpc-message': 'nowhere', more: 'yes' })],
  ['trailers alone that say OK', ended({ 'grpc-status': '0' })],
  ['trailers alone beside an HTTP error', ended({ 'grpc-status': '9' }, 503)],
  ['an HTTP error without a status', ended({}, 503)],
  ['every status that gRPC knows, here 16', withTrailers({ 'grpc-status': '16' })],
  ['trailers with metadata', withTrailers({ 'grpc-status': '0', more: 'yes', 'bytes-bin': 'AAEC/f7/' })],
  ['binary metadata without padding', withTrailers({ 'grpc-status': '0', 'bytes-bin': 'AA' })],
  ['binary metadata in one header', withTrailers({ 'grpc-status': '0', 'bytes-bin': 'AAE=, AgM=' })],
  ['a status with details', withTrailers({ 'grpc-status': '3', 'grpc-status-details-bin': 'AAEC' })],
  ...Object.entries({ gzip: gzipSync('squeezed'), deflate: deflateSync('squeezed') }).map(
    ([encoding, bytes]): [string, Script] => [`a message in ${encoding}`, compressed(encoding, bytes)],
  ),
  [
    'metadata of every kind that is sent back',
    (stream, headers) => {
      const back = Object.fromEntries(
        ['plain', 'twice', 'bytes-bin', 'several-bin'].map((key) => [key, headers[key]]),
      );
      answer(stream, { headers: { ...grpcHeaders, ...back }, chunks: [message('one')] });
    },
    { metadata: many },
  ],
  [
    'messages that are sent back',
    (stream) => {
      answerAtEnd(stream, (request) => ({ chunks: [request] }));
    },
    { messages: ['one', '', 'three'].map((text) => Buffer.from(text)) },
  ],
  [
    'no message at all that is sent',
    (stream) => {
      answerAtEnd(stream, (request) => ({ chunks: [request] }));
    },
    { messages: [] },
  ],
  [
    'a server that ends before the client',
    (stream) => {
      answer(stream, { chunks: [message('enough')] });
    },
    { halfCloses: false },
  ],
];

interface Difference {
  readonly script: Script;
  readonly question?: Question;
  readonly here: object;
  readonly there: object;
}

/** Where we differ, and why. */
const different: Readonly<Record<string, Difference>> = {
  'headers of an error page are no metadata of the call': {
    script: page(503),
    here: { code: 'UNAVAILABLE', events: ['status'] },
    there: { code: 'UNAVAILABLE', events: ['metadata', 'status'] },
  },
  'an answer of another content type is no answer, even if it can be read': {
    script: (stream) => {
      answer(stream, { headers: { ':status': 200, 'content-type': 'text/html' }, chunks: [message('one')] });
    },
    here: { code: 'UNKNOWN', messages: [] },
    there: { code: 'OK', messages: ['one'] },
  },
  'a status that gRPC does not know is UNKNOWN': {
    script: withTrailers({ 'grpc-status': '77' }),
    here: { code: 'UNKNOWN' },
    there: { code: undefined },
  },
  'an answer that is cut off in the middle of a message is no success': {
    script: (stream) => {
      answer(stream, { chunks: [message('one'), message('two').subarray(0, 6)] });
    },
    here: { code: 'INTERNAL', messages: ['one'] },
    there: { code: 'OK', messages: ['one'] },
  },
  'messages that came before a failure are told before it': {
    script: (stream) => {
      answer(stream, { chunks: ['a', 'b', 'c'].map(message), trailers: { 'grpc-status': '13' } });
    },
    question: { reads: false },
    here: { code: 'INTERNAL', messages: ['a', 'b', 'c'] },
    there: { code: 'INTERNAL', messages: [] },
  },
};

describe('our channel and that of grpc-js', () => {
  it.each(alike)('make the same of %s', async (...[, script, question]) => {
    const server = await scriptedServer(script);
    const [one, other] = await Promise.all([ask(ours(server), question), ask(theirs(server), question)]);
    expect(comparable(one)).toEqual(comparable(other));
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  it.each(Object.entries(different))(
    'differ on purpose: %s',
    async (_, { script, question, here, there }) => {
      const server = await scriptedServer(script);
      const [one, other] = await Promise.all([ask(ours(server), question), ask(theirs(server), question)]);
      expect(comparable(one)).toMatchObject(here);
      expect(comparable(other)).toMatchObject(there);
    },
  );
});
