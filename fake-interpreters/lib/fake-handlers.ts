import type { ServerWritableStream } from '@grpc/grpc-js';
import { once } from 'node:events';
import type { Crash, Print, fakeService } from './fake-service.js';
import type { Health } from './health.js';
import type { HookCall } from './hooks.js';
import type { Handlers } from './method.js';

/** The parts of a fake that its Fake service controls. */
export interface FakeParts {
  readonly crash: Crash;
  /** What `Crash` does instead of ending the process. */
  readonly closeConnection: (() => void) | undefined;
  readonly grandchild: number | null;
  readonly hookCalls: readonly HookCall[];
  readonly print: (what: Print) => void;
  readonly setHealth: (health: Health) => void;
}

export function createFakeHandlers(parts: FakeParts): Handlers<typeof fakeService> {
  return {
    Echo: ({ request }, answer) => {
      answer(null, request);
    },
    Blob: ({ request }, answer) => {
      answer(null, Buffer.alloc(request.size, 'x'));
    },
    Crash: ({ request }) => {
      if (parts.closeConnection !== undefined) {
        parts.closeConnection();
        return;
      }
      crash(Object.keys(request).length > 0 ? request : parts.crash);
    },
    Hang: () => undefined,
    SetHealth: ({ request }, answer) => {
      parts.setHealth(request.status);
      answer(null, {});
    },
    Print: ({ request }, answer) => {
      parts.print(request);
      answer(null, {});
    },
    Stream: (call) => {
      void count(call);
    },
    Env: (_call, answer) => {
      answer(null, process.env as Record<string, string>);
    },
    Pid: (_call, answer) => {
      answer(null, { pid: process.pid, ppid: process.ppid, grandchild: parts.grandchild });
    },
    Peer: (call, answer) => {
      answer(null, { peer: call.getPeer() });
    },
    Launch: (_call, answer) => {
      answer(null, { argv: process.argv.slice(2), cwd: process.cwd() });
    },
    HookCalls: (_call, answer) => {
      answer(null, parts.hookCalls);
    },
  };
}

function crash({ code = 1, signal }: Crash): void {
  if (signal === undefined) process.exit(code);
  process.kill(process.pid, signal);
}

async function count(call: ServerWritableStream<{ count: number }, { index: number }>): Promise<void> {
  for (let index = 0; index < call.request.count; index += 1) {
    if (!call.write({ index })) await once(call, 'drain');
  }
}
