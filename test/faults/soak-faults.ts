import { unlinkSync } from 'node:fs';
import type { Environment, PluginStatus } from '../../src/index.js';
import { callUnary, FakeClient } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { UnaryMethod } from '../../fake-interpreters/lib/method.js';
import { guardianOf } from './processes.js';

export interface SoakTarget {
  readonly env: Environment;
  readonly status: PluginStatus;
  readonly random: () => number;
}

/** Whether the plugin has to be found broken after it, so that the time to that is counted. */
interface SoakFault {
  readonly breaks: boolean;
  readonly needsProcess: boolean;
  readonly act: (target: SoakTarget) => unknown;
}

const breaking = { breaks: true, needsProcess: true } as const;
const harmless = { breaks: false, needsProcess: true } as const;
const asked = { breaks: false, needsProcess: false } as const;

/** What happens to a plugin, or to its host, once in a while. Calls may be refused: that is an answer, too. */
export const soakFaults = {
  kill: { ...breaking, act: ({ status: { pid } }) => process.kill(pid ?? 0, 'SIGKILL') },
  freeze: { ...breaking, act: ({ status: { pid } }) => process.kill(pid ?? 0, 'SIGSTOP') },
  stutter: {
    ...harmless,
    act: ({ status: { pid }, random }) => {
      process.kill(pid ?? 0, 'SIGSTOP');
      setTimeout(() => {
        try {
          process.kill(pid ?? 0, 'SIGCONT');
        } catch {
          // It was ended meanwhile.
        }
      }, 500 * random());
    },
  },
  unlink: {
    ...breaking,
    act: ({ status: { address } }) => {
      if (address?.startsWith('unix:') === true) unlinkSync(address.slice('unix:'.length));
    },
  },
  crash: { ...breaking, act: (target) => call(target, fakeService.Crash, {}) },
  flood: {
    ...harmless,
    act: (target) => {
      const text = 'flood\n'.repeat(5000);
      return call(target, fakeService.Print, { channel: 'stderr', text, to: 'pipe' });
    },
  },
  activate: { ...asked, act: ({ env, status: { id } }) => env.activate(id) },
  deactivate: { ...asked, act: ({ env, status: { id } }) => env.deactivate(id) },
  restart: { ...asked, act: ({ env, status: { id } }) => env.restartPlugin(id) },
  remove: {
    ...asked,
    act: async ({ env, status: { id } }) => {
      await env.removePlugin(id);
      await env.rescan();
      await env.activate(id);
    },
  },
  setPolicy: {
    ...asked,
    act: ({ env, status: { id }, random }) =>
      env.setPolicy(id, { restart: { backoff: { firstMs: Math.round(200 * random()) } } }),
  },
  killGuardian: {
    ...asked,
    act: () => {
      const pid = guardianOf(process.pid);
      if (pid !== null) process.kill(pid, 'SIGKILL');
    },
  },
  blockHost: {
    ...asked,
    act: () => {
      const end = performance.now() + 1000;
      while (performance.now() < end);
    },
  },
} satisfies Readonly<Record<string, SoakFault>>;

export type SoakFaultName = keyof typeof soakFaults;

async function call<Request, Response>(
  { env, status: { id } }: SoakTarget,
  method: UnaryMethod<Request, Response>,
  request: NoInfer<Request>,
): Promise<void> {
  await callUnary(env.plugin(id).client(FakeClient), method, request);
}
