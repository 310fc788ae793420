import type { PluginStatus } from '../../src/index.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { Crash } from '../../fake-interpreters/lib/fake-service.js';
import type { FaultScenario } from './fault-scenario.js';
import { bystander, victim, type HostUnderTest } from './host-under-test.js';

type FaultAction = (host: HostUnderTest, status: PluginStatus) => unknown;
type ScenarioRun = Pick<FaultScenario, 'run'>;

/** Both plugins serve; after the fault the victim is restarted and serves again. */
export function isRestarted(inject: FaultAction): ScenarioRun {
  return {
    run: async (host) => {
      await activateBoth(host);
      const before = await injectFault(host, inject);
      await host.until('it serves again', async () => {
        const { state, generation } = await host.status();
        return state === 'healthy' && generation > before.generation;
      });
    },
  };
}

/** Both plugins serve; after the fault the victim goes on and answers three more probes. */
export function keepsServing(inject: FaultAction): ScenarioRun {
  return {
    run: async (host) => {
      await activateBoth(host);
      const before = await injectFault(host, inject);
      const { passed } = (await host.status()).health;
      await host.until('three probes are answered', async () => {
        const { health, generation, state } = await host.status();
        if (generation !== before.generation || state !== 'healthy')
          throw new Error('The victim was stopped.');
        return health.passed >= passed + 3;
      });
    },
  };
}

/** The bystander serves; the start of the victim fails and is not retried. */
export const isRejectedAtStart: ScenarioRun = {
  run: async (host) => {
    await host.call('activate', bystander);
    host.markFault();
    await expectRejected(host.call('activate', victim));
    await host.until('it is given up', async () => (await host.status()).state === 'failed');
  },
};

/** Both plugins serve; the victim is deactivated. */
export const isStopped: ScenarioRun = {
  run: async (host) => {
    await activateBoth(host);
    host.markFault();
    await host.call('deactivate', victim);
  },
};

/** Both plugins serve when their host ends; no process is left. */
export function endWithHost(inject: (host: HostUnderTest) => unknown): ScenarioRun {
  return {
    run: async (host) => {
      await activateBoth(host);
      host.markFault();
      inject(host);
      await host.until('no process is left', () => host.survivors().length === 0);
    },
  };
}

/** Activates the bystander, then the victim. */
export async function activateBoth(host: HostUnderTest): Promise<void> {
  await host.call('activate', bystander);
  await host.call('activate', victim);
}

async function injectFault(host: HostUnderTest, inject: FaultAction): Promise<PluginStatus> {
  const before = await host.status();
  host.markFault();
  await inject(host, before);
  return before;
}

async function expectRejected(start: Promise<unknown>): Promise<void> {
  const outcome = await start.then(
    () => 'The start was not rejected.',
    () => null,
  );
  if (outcome !== null) throw new Error(outcome);
}

/** Sends a signal to the victim. */
export function sends(signal: NodeJS.Signals): FaultAction {
  return (_, { pid }) => process.kill(pid ?? 0, signal);
}

/** Stops the victim for some milliseconds (SIGSTOP, SIGCONT). */
export function freezesFor(ms: number): FaultAction {
  return async (_, { pid }) => {
    process.kill(pid ?? 0, 'SIGSTOP');
    await pause(ms);
    process.kill(pid ?? 0, 'SIGCONT');
  };
}

/** Calls `Crash` of the victim, which does not answer. */
export function crashes(how: Crash = {}): FaultAction {
  return async (host) => {
    await fakeCall(host, fakeService.Crash.path, how).catch(() => undefined);
  };
}

/** Calls a method of the fake service of a plugin. */
export function fakeCall(host: HostUnderTest, path: string, request: unknown, id = victim): Promise<unknown> {
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  return host.command('rpc', { id, path, text });
}

/** Waits, where the fault is a duration and no condition can replace it. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
