import { unlinkSync } from 'node:fs';
import type { Environment, PluginStatus } from '../../src/index.js';
import { callUnary, FakeClient } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { UnaryMethod } from '../../fake-interpreters/lib/method.js';
import { guardianOf } from './processes.js';

/** The input of a soak fault. */
export interface SoakTarget {
  readonly env: Environment;
  readonly status: PluginStatus;
  readonly random: () => number;
}

/** A fault. `breaks`: the plugin must be found broken, and the time to that is measured. */
interface SoakFault {
  readonly breaks: boolean;
  readonly needsProcess: boolean;
  readonly act: (target: SoakTarget) => unknown;
}

const breaking = { breaks: true, needsProcess: true } as const;
const harmless = { breaks: false, needsProcess: true } as const;
const requested = { breaks: false, needsProcess: false } as const;

/** The faults of the soak. Calls of the environment may reject. */
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
          // It has exited meanwhile.
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
  activate: { ...requested, act: ({ env, status: { id } }) => env.activate(id) },
  deactivate: { ...requested, act: ({ env, status: { id } }) => env.deactivate(id) },
  restart: { ...requested, act: ({ env, status: { id } }) => env.restartPlugin(id) },
  remove: {
    ...requested,
    act: async ({ env, status: { id } }) => {
      await env.removePlugin(id);
      await env.rescan();
      await env.activate(id);
    },
  },
  setPolicy: {
    ...requested,
    act: ({ env, status: { id }, random }) =>
      env.setPolicy(id, { restart: { backoff: { firstMs: Math.round(200 * random()) } } }),
  },
  killGuardian: {
    ...requested,
    act: () => {
      const pid = guardianOf(process.pid);
      if (pid !== null) process.kill(pid, 'SIGKILL');
    },
  },
  blockHost: {
    ...requested,
    act: () => {
      const end = performance.now() + 1000;
      while (performance.now() < end);
    },
  },
} satisfies Readonly<Record<string, SoakFault>>;

/** The name of a soak fault. */
export type SoakFaultName = keyof typeof soakFaults;

async function call<Request, Response>(
  { env, status: { id } }: SoakTarget,
  method: UnaryMethod<Request, Response>,
  request: NoInfer<Request>,
): Promise<void> {
  await callUnary(env.plugin(id).client(FakeClient), method, request);
}
