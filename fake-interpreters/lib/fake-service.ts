import type { Health } from './health.js';
import type { HookCall } from './hooks.js';
import type { OutputChannel } from './messages.js';
import type { Codec } from './method.js';
import { json, serverStream, unary } from './method.js';

/** How a process ends itself: by a signal if given, else with the exit code. */
export interface Crash {
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
}

/** What to print, and whether through GRPCStdio or on the pipe of the process. */
export interface Print {
  readonly channel: OutputChannel;
  readonly text: string;
  /** The encoding of `text`. Default `utf8`. */
  readonly encoding?: 'utf8' | 'base64';
  /** Default `stdio`. A plugin without GRPCStdio prints on its pipe. */
  readonly to?: 'stdio' | 'pipe';
}

export interface ProcessIds {
  readonly pid: number;
  readonly ppid: number;
  /** The process that forks-a-grandchild started. */
  readonly grandchild: number | null;
}

/** How the host started the process. */
export interface Launch {
  readonly argv: readonly string[];
  readonly cwd: string;
}

const bytes: Codec<Buffer> = { encode: (value) => value, decode: (value) => value };

const nothing = json<Record<string, never>>();

export const fakeServiceName = 'espalier.fake.v1.Fake';

/**
 * The service by which a test controls a fake. Its messages are JSON or bytes;
 * `makeClientConstructor(fakeService, fakeServiceName)` is a client of it.
 */
export const fakeService = {
  /** Answers with the same bytes. */
  Echo: unary('/espalier.fake.v1.Fake/Echo', bytes, bytes),
  /** Answers with that many bytes. */
  Blob: unary('/espalier.fake.v1.Fake/Blob', json<{ size: number }>(), bytes),
  /** Ends the process without an answer; `{}`: in the default way of the fake. */
  Crash: unary('/espalier.fake.v1.Fake/Crash', json<Crash>(), nothing),
  /** Never answers. */
  Hang: unary('/espalier.fake.v1.Fake/Hang', nothing, nothing),
  SetHealth: unary('/espalier.fake.v1.Fake/SetHealth', json<{ status: Health }>(), nothing),
  Print: unary('/espalier.fake.v1.Fake/Print', json<Print>(), nothing),
  /** Sends that many messages and then stays open until it is cancelled. */
  Stream: serverStream('/espalier.fake.v1.Fake/Stream', json<{ count: number }>(), json<{ index: number }>()),
  Env: unary('/espalier.fake.v1.Fake/Env', nothing, json<Readonly<Record<string, string>>>()),
  Pid: unary('/espalier.fake.v1.Fake/Pid', nothing, json<ProcessIds>()),
  /** Answers with the address of the client's end of the connection; only on TCP it has one. */
  Peer: unary('/espalier.fake.v1.Fake/Peer', nothing, json<{ peer: string }>()),
  Launch: unary('/espalier.fake.v1.Fake/Launch', nothing, json<Launch>()),
  /** The lifecycle hooks that were called, in order. */
  HookCalls: unary('/espalier.fake.v1.Fake/HookCalls', nothing, json<readonly HookCall[]>()),
};
