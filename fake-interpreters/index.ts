import { fileURLToPath } from 'node:url';

/** The behaviour of each fake, in one sentence. */
const behaviours = {
  healthy: 'Does everything right.',
  'healthy-on-tcp': 'Does everything right, on a TCP port.',
  'has-hooks': 'Implements the lifecycle hooks and remembers each call.',
  'has-a-broker': 'Brokers both ways, with mutual TLS on request.',
  'has-an-old-broker':
    'Brokers both ways, and verifies the host under the name unused, as old go-plugin releases do.',
  'has-a-broker-on-tcp': 'Brokers both ways over TCP, with mutual TLS on request.',
  'no-controller': 'Is healthy and has no GRPCController.',
  'no-stdio': 'Is healthy and has no GRPCStdio.',
  'reads-stdin': 'Is healthy and prints on stderr what it reads from stdin.',
  'socket-elsewhere': 'Is healthy and creates its socket in the directory of temporary files.',
  'slow-line': 'Is healthy and prints its line after 300 ms.',
  'notes-a-missing-module': 'Is healthy and prints at its start, at info, that a module is missing.',

  multiplexes: 'Multiplexes everything over one socket on request, the broker too.',
  'multiplexes-on-tcp': 'Multiplexes everything over one TCP connection on request, the broker too.',
  'declines-multiplexing': 'Declines a request to multiplex.',
  'multiplexes-without-yamux': 'Agrees to multiplex, and serves only HTTP/2.',
  'answers-yamux-with-a-greeting': 'Agrees to multiplex, and sends a text to each connection.',
  'opens-a-stream-unasked': 'Multiplexes, and opens a stream without a knock.',
  'never-answers-knocks': 'Multiplexes, and never answers a knock.',
  'refuses-knocks': 'Multiplexes, and rejects every knock with an error.',
  'breaks-its-session':
    'Multiplexes until Fake.Crash, which closes its connection and leaves the process alive.',
  'drops-its-connection': 'Agrees to multiplex, closes the first connection, and stays alive.',
  'dialled-too-late':
    'Agrees to multiplex, and exits with 0 at the first connection, as go-plugin does when it is late.',

  'healthy-with-mtls': 'Does everything right, with mutual TLS on request.',
  'healthy-with-mtls-on-tcp': 'Does everything right, with mutual TLS on a TCP port.',
  'certificate-mismatch': 'Serves with another certificate than the one in its line.',
  'certificate-is-garbage': 'Prints random bytes where its certificate should be.',
  'certificate-not-asked-for': 'Serves TLS and prints a certificate, requested or not.',
  'certificate-left-out': 'Serves TLS and prints no certificate.',
  'certificate-without-tls': 'Prints a certificate and serves plaintext.',
  'certificate-for-another-host': 'Prints a certificate that is not for localhost.',
  'distrusts-the-host': "Serves TLS and rejects the host's certificate.",
  'brings-its-own-certificate': 'Serves TLS with the certificate in its environment, and prints none.',
  'trusts-every-host': 'Serves TLS on request and asks for no certificate of the host.',

  'never-prints-a-line': 'Prints nothing, and stays alive.',
  'loads-forever': 'Prints on stderr, as a record, what it loads, and never its line.',
  'prints-netrpc': 'Offers net/rpc instead of gRPC, and stays alive.',
  'prints-too-few-fields': 'Prints a line of three fields, and stays alive.',
  'wrong-core-version': 'Prints a line of core version 2, and stays alive.',
  'wrong-application-version': 'Supports application version 99 only, and stays alive.',
  'prints-garbage': 'Prints bytes that are no text, and stays alive.',
  'prints-garbage-and-exits': 'Prints bytes that are no text, and exits with 1.',
  'blank-first-line': 'Prints an empty line, then a good one, and is healthy.',
  'noise-before-the-line': 'Prints three lines of its own, then a good one, and is healthy.',
  'line-over-64-kib': 'Prints a well-formed line of more than 64 KiB, and stays alive.',
  'line-without-newline-then-hangs': 'Prints a good line, never ends it, and stays alive.',

  'exits-0-before-the-line': 'Exits with 0 and prints nothing.',
  'exits-3-before-the-line': 'Prints the reason on stderr and exits with 3.',
  'exits-after-the-line': 'Prints the address of a socket that is not there, and exits with 1.',
  'missing-python-module': 'Exits with 1 after a Python traceback that misses a module.',
  'wrong-cookie': 'Does not accept the cookie: prints that it is a plugin, and exits with 1.',

  'never-accepts': 'Prints the address of a socket that is not there, and stays alive.',
  'accepts-but-never-answers': 'Accepts connections and never sends a byte.',
  'answers-slowly': 'Is healthy, and answers health checks after half a second.',
  'health-not-serving': 'Answers health checks with NOT_SERVING.',
  'health-never-answers': 'Never answers health checks.',
  'no-health-service': 'Serves everything but the health service.',
  'hurt-by-watch': 'Is healthy, and only SIGKILL ends it after a Watch of its health.',
  'health-of-the-server-only': 'Has a health service that knows only the overall health.',
  'health-knows-no-names': 'Has a health service that knows no name, not even the empty one.',
  'hangs-in-on-activate': 'Never returns from OnActivate.',
  'fails-on-activate': 'Returns an error from OnActivate.',

  'crashes-on-command': 'Is healthy until Fake.Crash, which exits with 1 by default.',
  sigsegv: 'Is healthy until Fake.Crash, which sends SIGSEGV by default.',
  'crashes-in-a-loop': 'Exits with 1, 100 ms after its first answer to a health check.',
  'floods-stdout': 'Is healthy and writes to stdout as fast as the host reads.',
  'floods-stderr': 'Is healthy and writes to stderr as fast as the host reads.',
  'prints-invalid-utf8-and-long-lines': 'Is healthy and prints invalid UTF-8 and long lines on stderr.',

  'hangs-in-on-deactivate': 'Never returns from OnDeactivate.',
  'ignores-sigterm-and-shutdown': 'Is healthy and only SIGKILL ends it.',
  'forks-a-grandchild': 'Is healthy; its child holds its stdout and stderr for a minute and outlives it.',
  'floods-one-line': 'Is healthy and writes to stderr as fast as the host reads, without a newline.',
  'eats-memory': 'Is healthy and allocates half a gigabyte of memory, or up to its limit.',
  'burns-cpu': 'Is healthy and keeps its processor busy for a minute.',
  'opens-files': 'Is healthy and opens thousands of files, or up to its limit.',
  'outlives-its-host': 'Does everything right, but does not notice the end of its host.',
  'talks-without-its-host': 'Prints a word on stderr every 20 ms, with or without a host.',
  'closes-old-connections':
    'Is healthy on TCP, and closes each connection after 30 ms, as servers do by age.',
  'leaves-an-executor':
    'Is healthy; its child has its own session and no token, and is meant to outlive it by a minute.',
  'double-forks':
    'Is healthy; its child leaves its process group and session; neither notices the end of the host.',
  'answers-like-a-web-server': 'Answers every request over HTTP/2 with 404 and a page.',
} as const;

/** The behaviour of those that attack their host, which `npm run siege` does. */
const attacks = {
  'sends-frames-of-wrong-size':
    'Answers health checks, and on each further connection appends a frame of a wrong size.',
  'floods-announcements': 'Is healthy and announces 100,000 ids to the broker.',
  'inflates-its-answers':
    'Is healthy once; then its answers are compressed and become a thousand times as long.',
  'pings-without-reading': 'Multiplexes; then sends pings as fast as it can, and reads no answer.',
  'knocks-without-reading': 'Multiplexes; then knocks as fast as it can, and takes no answer.',
  'floods-empty-messages': 'Is healthy, and answers a streaming call with messages of no bytes.',
  'flips-its-health': 'Is healthy and reports another health with each message, as fast as the host reads.',
  'announces-huge-messages': 'Is healthy, and begins a message of 2 GiB on each stream of the host.',
  'fills-its-socket-directory':
    'Is healthy, makes 100,000 files in its directory for sockets, and exits with 1.',
  'floods-interim-responses': 'Is healthy once; then it answers with interim responses (103) and no other.',
  'floods-short-lines':
    'Is healthy and prints lines of one letter on stdout and stderr as fast as the host reads.',
  'logs-hostile-text':
    'Is healthy and logs escape sequences, forged lines and fields that a logger may serialize, on stderr and stdout.',
  'floods-log-records':
    'Is healthy and prints JSON records of 5,000 fields on stderr as fast as the host reads.',
  'floods-stdio': 'Is healthy and floods GRPCStdio with short lines and empty ones.',
  'hides-in-its-group':
    'Is healthy; its child has no environment, and a name of two lines that reads like a state.',
} as const;

/** The name of a fake interpreter. */
export type FakeInterpreterName = keyof typeof behaviours | keyof typeof attacks;

/** All fake interpreters; `<name>.ts` beside this file is its source, `dist/<name>` the executable. */
export const fakeInterpreters = Object.entries({ ...behaviours, ...attacks }).map(([name, behaviour]) => ({
  name: name as FakeInterpreterName,
  behaviour,
  isAttack: name in attacks,
}));

/** The path of the executable of a fake. Jest's global setup builds it, and so does `scripts/build-fake-interpreters.mjs`. */
export function fakeInterpreterPath(name: FakeInterpreterName): string {
  return fileURLToPath(new URL(`dist/${name}`, import.meta.url));
}
