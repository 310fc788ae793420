import { fileURLToPath } from 'node:url';

interface FakeInterpreter {
  readonly name: string;
  /** What it does, in one sentence. */
  readonly behaviour: string;
}

/** Every fake interpreter; `<name>.ts` beside this file is its source, `dist/<name>` the executable. */
export const fakeInterpreters = [
  { name: 'healthy', behaviour: 'Does everything right.' },
  { name: 'healthy-on-tcp', behaviour: 'Does everything right, on a TCP port.' },
  { name: 'has-hooks', behaviour: 'Implements the lifecycle hooks and remembers each call.' },
  { name: 'has-a-broker', behaviour: 'Brokers both ways, over mutual TLS when it is asked for it.' },
  {
    name: 'has-a-broker-on-tcp',
    behaviour: 'Brokers both ways over TCP, and mutual TLS when it is asked for it.',
  },
  { name: 'no-controller', behaviour: 'Is healthy and has no GRPCController.' },
  { name: 'no-stdio', behaviour: 'Is healthy and has no GRPCStdio.' },
  { name: 'reads-stdin', behaviour: 'Is healthy and tells on stderr what it reads on stdin.' },
  { name: 'socket-elsewhere', behaviour: 'Is healthy and makes its socket where temporary files go.' },
  { name: 'slow-line', behaviour: 'Is healthy, 300 ms later than others.' },

  { name: 'multiplexes', behaviour: 'Does everything over one socket when it is asked, the broker too.' },
  {
    name: 'multiplexes-on-tcp',
    behaviour: 'Does everything over one TCP connection when it is asked, the broker too.',
  },
  { name: 'declines-multiplexing', behaviour: 'Says that it does not multiplex, when it is asked.' },
  { name: 'multiplexes-without-yamux', behaviour: 'Says that it multiplexes, and serves HTTP/2 alone.' },
  {
    name: 'answers-yamux-with-a-greeting',
    behaviour: 'Says that it multiplexes, and greets whoever connects in words.',
  },
  {
    name: 'opens-a-stream-unasked',
    behaviour: 'Multiplexes, and opens a stream for which it has not knocked.',
  },
  { name: 'never-answers-knocks', behaviour: 'Multiplexes, and never answers a knock.' },
  { name: 'refuses-knocks', behaviour: 'Multiplexes, and refuses every knock with an error.' },
  {
    name: 'breaks-its-session',
    behaviour: 'Multiplexes until Fake.Crash, which ends its one connection and leaves the process alive.',
  },
  {
    name: 'drops-its-connection',
    behaviour: 'Says that it multiplexes, drops the first connection, and stays alive.',
  },
  {
    name: 'dialled-too-late',
    behaviour:
      'Says that it multiplexes, and gives up at the first connection as go-plugin does when that is late: exits with 0.',
  },

  { name: 'healthy-with-mtls', behaviour: 'Does everything right, over mutual TLS when it is asked for it.' },
  { name: 'healthy-with-mtls-on-tcp', behaviour: 'Does everything right, over mutual TLS and a TCP port.' },
  {
    name: 'certificate-of-somebody-else',
    behaviour: 'Serves with another certificate than the one in its line.',
  },
  { name: 'certificate-is-garbage', behaviour: 'Prints random bytes where its certificate should be.' },
  { name: 'certificate-not-asked-for', behaviour: 'Serves TLS and prints a certificate, asked or not.' },
  { name: 'certificate-left-out', behaviour: 'Serves TLS and prints no certificate.' },
  { name: 'certificate-without-tls', behaviour: 'Prints a certificate and serves in the clear.' },
  { name: 'certificate-for-another-host', behaviour: 'Prints a certificate that is not for localhost.' },
  { name: 'distrusts-the-host', behaviour: "Serves TLS and refuses the host's certificate." },
  {
    name: 'brings-its-own-certificate',
    behaviour: 'Serves TLS with the certificate in its environment, and prints none.',
  },

  { name: 'never-prints-a-line', behaviour: 'Stays alive and says nothing.' },
  { name: 'prints-netrpc', behaviour: 'Offers net/rpc instead of gRPC, and stays alive.' },
  { name: 'prints-too-few-fields', behaviour: 'Prints a line of three fields, and stays alive.' },
  { name: 'wrong-core-version', behaviour: 'Prints a line of core version 2, and stays alive.' },
  { name: 'wrong-application-version', behaviour: 'Speaks application version 99 only, and stays alive.' },
  { name: 'prints-garbage', behaviour: 'Prints bytes that are no text, and stays alive.' },
  { name: 'prints-garbage-and-exits', behaviour: 'Prints bytes that are no text, and exits with 1.' },
  { name: 'blank-first-line', behaviour: 'Prints an empty line, then a good one, and is healthy.' },
  {
    name: 'noise-before-the-line',
    behaviour: 'Prints three lines of its own, then a good one, and is healthy.',
  },
  { name: 'line-over-64-kib', behaviour: 'Prints a well-formed line of more than 64 KiB, and stays alive.' },
  {
    name: 'line-without-newline-then-hangs',
    behaviour: 'Prints a good line, never ends it, and stays alive.',
  },

  { name: 'exits-0-before-the-line', behaviour: 'Exits with 0 and says nothing.' },
  { name: 'exits-3-before-the-line', behaviour: 'Says why on stderr and exits with 3.' },
  {
    name: 'exits-after-the-line',
    behaviour: 'Prints the address of a socket that is not there, and exits with 1.',
  },
  { name: 'missing-python-module', behaviour: 'Exits with 1 after a Python traceback that misses a module.' },
  {
    name: 'wrong-cookie',
    behaviour: 'Takes the host for a stranger: says that it is a plugin, and exits with 1.',
  },

  { name: 'never-accepts', behaviour: 'Prints the address of a socket that is not there, and stays alive.' },
  { name: 'accepts-but-never-answers', behaviour: 'Accepts connections and never sends a byte.' },
  { name: 'answers-slowly', behaviour: 'Is healthy, and takes half a second to say so.' },
  { name: 'health-not-serving', behaviour: 'Says NOT_SERVING when asked for its health.' },
  { name: 'health-never-answers', behaviour: 'Never answers when asked for its health.' },
  { name: 'no-health-service', behaviour: 'Serves everything but the health service.' },
  { name: 'hangs-in-on-activate', behaviour: 'Never returns from OnActivate.' },
  { name: 'fails-on-activate', behaviour: 'Refuses to be activated.' },

  {
    name: 'crashes-on-command',
    behaviour: 'Is healthy until Fake.Crash, which exits with 1 unless told otherwise.',
  },
  {
    name: 'sigsegv',
    behaviour: 'Is healthy until Fake.Crash, which ends it by SIGSEGV unless told otherwise.',
  },
  { name: 'crashes-in-a-loop', behaviour: 'Exits with 1, 100 ms after it first said that it is healthy.' },
  { name: 'floods-stdout', behaviour: 'Is healthy and writes to stdout as fast as somebody reads.' },
  { name: 'floods-stderr', behaviour: 'Is healthy and writes to stderr as fast as somebody reads.' },
  {
    name: 'prints-invalid-utf8-and-long-lines',
    behaviour: 'Is healthy and prints on stderr what no log reader likes.',
  },

  { name: 'hangs-in-on-deactivate', behaviour: 'Never returns from OnDeactivate.' },
  { name: 'ignores-sigterm-and-shutdown', behaviour: 'Is healthy and only SIGKILL ends it.' },
  {
    name: 'forks-a-grandchild',
    behaviour: 'Is healthy; a child of its own holds its stdout and stderr for a minute and outlives it.',
  },
  {
    name: 'floods-one-line',
    behaviour: 'Is healthy and writes to stderr as fast as somebody reads, and never ends the line.',
  },
  { name: 'eats-memory', behaviour: 'Is healthy and takes half a gigabyte of memory, as far as it gets it.' },
  { name: 'burns-cpu', behaviour: 'Is healthy and keeps its processor busy for a minute.' },
  { name: 'opens-files', behaviour: 'Is healthy and opens thousands of files, as far as it may.' },
  { name: 'outlives-its-host', behaviour: 'Does everything right, but does not notice the end of its host.' },
  {
    name: 'talks-without-its-host',
    behaviour: 'Says a word on stderr every 20 ms, with a host or without one.',
  },
  {
    name: 'double-forks',
    behaviour:
      'Is healthy; what it starts leaves its process group and its session, and nobody notices the end of the host.',
  },
] as const satisfies readonly FakeInterpreter[];

export type FakeInterpreterName = (typeof fakeInterpreters)[number]['name'];

/** The executable of a fake interpreter. jest's global setup builds it; so does `scripts/build-fake-interpreters.mjs`. */
export function fakeInterpreterPath(name: FakeInterpreterName): string {
  return fileURLToPath(new URL(`dist/${name}`, import.meta.url));
}
