import { fileURLToPath } from 'node:url';

/** What each of them does, in one sentence. */
const behaviours = {
  healthy: 'Does everything right.',
  'healthy-on-tcp': 'Does everything right, on a TCP port.',
  'has-hooks': 'Implements the lifecycle hooks and remembers each call.',
  'has-a-broker': 'Brokers both ways, over mutual TLS when it is asked for it.',
  'has-a-broker-on-tcp': 'Brokers both ways over TCP, and mutual TLS when it is asked for it.',
  'no-controller': 'Is healthy and has no GRPCController.',
  'no-stdio': 'Is healthy and has no GRPCStdio.',
  'reads-stdin': 'Is healthy and tells on stderr what it reads on stdin.',
  'socket-elsewhere': 'Is healthy and makes its socket where temporary files go.',
  'slow-line': 'Is healthy, 300 ms later than others.',

  multiplexes: 'Does everything over one socket when it is asked, the broker too.',
  'multiplexes-on-tcp': 'Does everything over one TCP connection when it is asked, the broker too.',
  'declines-multiplexing': 'Says that it does not multiplex, when it is asked.',
  'multiplexes-without-yamux': 'Says that it multiplexes, and serves HTTP/2 alone.',
  'answers-yamux-with-a-greeting': 'Says that it multiplexes, and greets whoever connects in words.',
  'opens-a-stream-unasked': 'Multiplexes, and opens a stream for which it has not knocked.',
  'never-answers-knocks': 'Multiplexes, and never answers a knock.',
  'refuses-knocks': 'Multiplexes, and refuses every knock with an error.',
  'breaks-its-session':
    'Multiplexes until Fake.Crash, which ends its one connection and leaves the process alive.',
  'drops-its-connection': 'Says that it multiplexes, drops the first connection, and stays alive.',
  'dialled-too-late':
    'Says that it multiplexes, and gives up at the first connection as go-plugin does when that is late: exits with 0.',

  'healthy-with-mtls': 'Does everything right, over mutual TLS when it is asked for it.',
  'healthy-with-mtls-on-tcp': 'Does everything right, over mutual TLS and a TCP port.',
  'certificate-mismatch': 'Serves with another certificate than the one in its line.',
  'certificate-is-garbage': 'Prints random bytes where its certificate should be.',
  'certificate-not-asked-for': 'Serves TLS and prints a certificate, asked or not.',
  'certificate-left-out': 'Serves TLS and prints no certificate.',
  'certificate-without-tls': 'Prints a certificate and serves in the clear.',
  'certificate-for-another-host': 'Prints a certificate that is not for localhost.',
  'distrusts-the-host': "Serves TLS and refuses the host's certificate.",
  'brings-its-own-certificate': 'Serves TLS with the certificate in its environment, and prints none.',

  'never-prints-a-line': 'Stays alive and says nothing.',
  'prints-netrpc': 'Offers net/rpc instead of gRPC, and stays alive.',
  'prints-too-few-fields': 'Prints a line of three fields, and stays alive.',
  'wrong-core-version': 'Prints a line of core version 2, and stays alive.',
  'wrong-application-version': 'Speaks application version 99 only, and stays alive.',
  'prints-garbage': 'Prints bytes that are no text, and stays alive.',
  'prints-garbage-and-exits': 'Prints bytes that are no text, and exits with 1.',
  'blank-first-line': 'Prints an empty line, then a good one, and is healthy.',
  'noise-before-the-line': 'Prints three lines of its own, then a good one, and is healthy.',
  'line-over-64-kib': 'Prints a well-formed line of more than 64 KiB, and stays alive.',
  'line-without-newline-then-hangs': 'Prints a good line, never ends it, and stays alive.',

  'exits-0-before-the-line': 'Exits with 0 and says nothing.',
  'exits-3-before-the-line': 'Says why on stderr and exits with 3.',
  'exits-after-the-line': 'Prints the address of a socket that is not there, and exits with 1.',
  'missing-python-module': 'Exits with 1 after a Python traceback that misses a module.',
  'wrong-cookie': 'Takes the host for a stranger: says that it is a plugin, and exits with 1.',

  'never-accepts': 'Prints the address of a socket that is not there, and stays alive.',
  'accepts-but-never-answers': 'Accepts connections and never sends a byte.',
  'answers-slowly': 'Is healthy, and takes half a second to say so.',
  'health-not-serving': 'Says NOT_SERVING when asked for its health.',
  'health-never-answers': 'Never answers when asked for its health.',
  'no-health-service': 'Serves everything but the health service.',
  'hangs-in-on-activate': 'Never returns from OnActivate.',
  'fails-on-activate': 'Refuses to be activated.',

  'crashes-on-command': 'Is healthy until Fake.Crash, which exits with 1 unless told otherwise.',
  sigsegv: 'Is healthy until Fake.Crash, which ends it by SIGSEGV unless told otherwise.',
  'crashes-in-a-loop': 'Exits with 1, 100 ms after it first said that it is healthy.',
  'floods-stdout': 'Is healthy and writes to stdout as fast as somebody reads.',
  'floods-stderr': 'Is healthy and writes to stderr as fast as somebody reads.',
  'prints-invalid-utf8-and-long-lines': 'Is healthy and prints on stderr what no log reader likes.',

  'hangs-in-on-deactivate': 'Never returns from OnDeactivate.',
  'ignores-sigterm-and-shutdown': 'Is healthy and only SIGKILL ends it.',
  'forks-a-grandchild':
    'Is healthy; a child of its own holds its stdout and stderr for a minute and outlives it.',
  'floods-one-line': 'Is healthy and writes to stderr as fast as somebody reads, and never ends the line.',
  'eats-memory': 'Is healthy and takes half a gigabyte of memory, as far as it gets it.',
  'burns-cpu': 'Is healthy and keeps its processor busy for a minute.',
  'opens-files': 'Is healthy and opens thousands of files, as far as it may.',
  'outlives-its-host': 'Does everything right, but does not notice the end of its host.',
  'talks-without-its-host': 'Says a word on stderr every 20 ms, with a host or without one.',
  'double-forks':
    'Is healthy; what it starts leaves its process group and its session, and nobody notices the end of the host.',
} as const;

export type FakeInterpreterName = keyof typeof behaviours;

/** Every fake interpreter; `<name>.ts` beside this file is its source, `dist/<name>` the executable. */
export const fakeInterpreters = (Object.keys(behaviours) as FakeInterpreterName[]).map((name) => ({
  name,
  behaviour: behaviours[name],
}));

/** The executable of a fake interpreter. jest's global setup builds it; so does `scripts/build-fake-interpreters.mjs`. */
export function fakeInterpreterPath(name: FakeInterpreterName): string {
  return fileURLToPath(new URL(`dist/${name}`, import.meta.url));
}
