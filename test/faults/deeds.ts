import type { PluginStatus } from '../../src/index.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { Crash } from '../../fake-interpreters/lib/fake-service.js';
import type { Fault } from './fault.js';
import { bystander, victim, type Stage } from './stage.js';

type Strike = (stage: Stage, status: PluginStatus) => unknown;
type Played = Pick<Fault, 'play'>;

/** Both plugins serve; the fault is done; the victim is brought down and serves again. */
export function isRestarted(strike: Strike): Played {
  return {
    play: async (stage) => {
      await serves(stage);
      const before = await hit(stage, strike);
      await stage.until('it serves again', async () => {
        const { state, generation } = await stage.status();
        return state === 'healthy' && generation > before.generation;
      });
    },
  };
}

/** Both plugins serve; the fault is done; the victim goes on, and answers three probes that were sent after it. */
export function goesOn(strike: Strike): Played {
  return {
    play: async (stage) => {
      await serves(stage);
      const before = await hit(stage, strike);
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
export const isRefused: Played = {
  play: async (stage) => {
    await stage.call('activate', bystander);
    stage.strike();
    await refused(stage.call('activate', victim));
    await stage.until('it is given up', async () => (await stage.status()).state === 'failed');
  },
};

/** Both plugins serve; the victim is brought down, whatever it does. */
export const isStopped: Played = {
  play: async (stage) => {
    await serves(stage);
    stage.strike();
    await stage.call('deactivate', victim);
  },
};

/** Both plugins serve when their host ends in some way; nothing of them is left. */
export function endWithHost(strike: (stage: Stage) => unknown): Played {
  return {
    play: async (stage) => {
      await serves(stage);
      stage.strike();
      strike(stage);
      await stage.until('nothing of them is left', () => stage.survivors().length === 0);
    },
  };
}

export async function serves(stage: Stage): Promise<void> {
  await stage.call('activate', bystander);
  await stage.call('activate', victim);
}

async function hit(stage: Stage, strike: Strike): Promise<PluginStatus> {
  const before = await stage.status();
  stage.strike();
  await strike(stage, before);
  return before;
}

async function refused(start: Promise<unknown>): Promise<void> {
  const outcome = await start.then(
    () => 'It was not refused.',
    () => null,
  );
  if (outcome !== null) throw new Error(outcome);
}

export function sends(signal: NodeJS.Signals): Strike {
  return (_, { pid }) => process.kill(pid ?? 0, signal);
}

/** Freezes the victim and thaws it again. */
export function freezesFor(ms: number): Strike {
  return async (_, { pid }) => {
    process.kill(pid ?? 0, 'SIGSTOP');
    await pause(ms);
    process.kill(pid ?? 0, 'SIGCONT');
  };
}

/** Has the victim end itself, or whatever its `Crash` does. It gives no answer. */
export function crashes(how: Crash = {}): Strike {
  return async (stage) => {
    await fakeCall(stage, fakeService.Crash.path, how).catch(() => undefined);
  };
}

export function fakeCall(stage: Stage, path: string, request: unknown, id = victim): Promise<unknown> {
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  return stage.order('rpc', { id, path, text });
}

/** A fault that lasts: no condition would tell when it has been long enough. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
