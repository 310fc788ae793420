import type { PluginStatus } from '../../src/index.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { Crash } from '../../fake-interpreters/lib/fake-service.js';
import type { FaultScenario } from './fault-scenario.js';
import { bystander, victim, type HostUnderTest } from './host-under-test.js';

type FaultAction = (stage: HostUnderTest, status: PluginStatus) => unknown;
type ScenarioRun = Pick<FaultScenario, 'run'>;

/** Both plugins serve; the fault is done; the victim is brought down and serves again. */
export function isRestarted(inject: FaultAction): ScenarioRun {
  return {
    run: async (stage) => {
      await activateBoth(stage);
      const before = await injectFault(stage, inject);
      await stage.until('it serves again', async () => {
        const { state, generation } = await stage.status();
        return state === 'healthy' && generation > before.generation;
      });
    },
  };
}

/** Both plugins serve; the fault is done; the victim goes on, and answers three probes that were sent after it. */
export function keepsServing(inject: FaultAction): ScenarioRun {
  return {
    run: async (stage) => {
      await activateBoth(stage);
      const before = await injectFault(stage, inject);
      const { passed } = (await stage.status()).health;
      await stage.until('three probes are answered', async () => {
        const { health, generation, state } = await stage.status();
        if (generation !== before.generation || state !== 'healthy') throw new Error('It was brought down.');
        return health.passed >= passed + 3;
      });
    },
  };
}

/** The bystander serves; the victim's start is the fault, is refused and not tried again. */
export const isRejectedAtStart: ScenarioRun = {
  run: async (stage) => {
    await stage.call('activate', bystander);
    stage.markFault();
    await expectRejected(stage.call('activate', victim));
    await stage.until('it is given up', async () => (await stage.status()).state === 'failed');
  },
};

/** Both plugins serve; the victim is brought down, whatever it does. */
export const isStopped: ScenarioRun = {
  run: async (stage) => {
    await activateBoth(stage);
    stage.markFault();
    await stage.call('deactivate', victim);
  },
};

/** Both plugins serve when their host ends in some way; nothing of them is left. */
export function endWithHost(inject: (stage: HostUnderTest) => unknown): ScenarioRun {
  return {
    run: async (stage) => {
      await activateBoth(stage);
      stage.markFault();
      inject(stage);
      await stage.until('nothing of them is left', () => stage.survivors().length === 0);
    },
  };
}

export async function activateBoth(stage: HostUnderTest): Promise<void> {
  await stage.call('activate', bystander);
  await stage.call('activate', victim);
}

async function injectFault(stage: HostUnderTest, inject: FaultAction): Promise<PluginStatus> {
  const before = await stage.status();
  stage.markFault();
  await inject(stage, before);
  return before;
}

async function expectRejected(start: Promise<unknown>): Promise<void> {
  const outcome = await start.then(
    () => 'It was not refused.',
    () => null,
  );
  if (outcome !== null) throw new Error(outcome);
}

export function sends(signal: NodeJS.Signals): FaultAction {
  return (_, { pid }) => process.kill(pid ?? 0, signal);
}

/** Freezes the victim and thaws it again. */
export function freezesFor(ms: number): FaultAction {
  return async (_, { pid }) => {
    process.kill(pid ?? 0, 'SIGSTOP');
    await pause(ms);
    process.kill(pid ?? 0, 'SIGCONT');
  };
}

/** Has the victim end itself, or whatever its `Crash` does. It gives no answer. */
export function crashes(how: Crash = {}): FaultAction {
  return async (stage) => {
    await fakeCall(stage, fakeService.Crash.path, how).catch(() => undefined);
  };
}

export function fakeCall(
  stage: HostUnderTest,
  path: string,
  request: unknown,
  id = victim,
): Promise<unknown> {
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  return stage.command('rpc', { id, path, text });
}

/** A fault that lasts: no condition would tell when it has been long enough. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
