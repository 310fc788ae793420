import {
  createEnvironment,
  type Environment,
  type EnvironmentOptions,
  type PluginState,
} from '../../src/index.js';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';

/** The cleanups of a test, run in reverse order after it. */
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const release of cleanups.splice(0).reverse()) await release();
});

/** Runs a cleanup after the current test. */
export function afterTest(release: () => unknown): void {
  cleanups.push(release);
}

/** Creates an environment with one fake plugin; both are removed after the test. */
export async function environmentWith(
  name: FakeInterpreterName,
  options: Partial<EnvironmentOptions> = {},
): Promise<{ env: Environment; id: string }> {
  const bundle = makeFakeBundle(name);
  cleanups.push(() => {
    bundle.remove();
  });
  const env = await createEnvironment({
    bundles: [bundle.directory],
    policy: { restart: { restart: 'temporary' } },
    ...options,
  });
  cleanups.push(() => env.shutdown());
  return { env, id: bundle.id };
}

/** Waits until a plugin is in a state. Jest's timeout bounds it. */
export function until(env: Environment, id: string, state: PluginState): Promise<void> {
  return new Promise((resolve) => {
    const check = (): boolean => env.status(id).state === state;
    if (check()) {
      resolve();
      return;
    }
    const subscription = env.events.subscribe(() => {
      if (!check()) return;
      subscription.unsubscribe();
      resolve();
    });
  });
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
