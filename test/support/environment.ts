import {
  createEnvironment,
  type Environment,
  type EnvironmentOptions,
  type PluginState,
} from '../../src/index.js';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';

/** What a test made, released in reverse order after each test. */
const made: (() => unknown)[] = [];

afterEach(async () => {
  for (const release of made.splice(0).reverse()) await release();
});

export function afterTest(release: () => unknown): void {
  made.push(release);
}

/** An environment over one bundle with a fake interpreter, gone after the test. */
export async function environmentWith(
  name: FakeInterpreterName,
  options: Partial<EnvironmentOptions> = {},
): Promise<{ env: Environment; id: string }> {
  const bundle = makeFakeBundle(name);
  made.push(() => {
    bundle.remove();
  });
  const env = await createEnvironment({
    bundles: [bundle.directory],
    policy: { restart: { restart: 'temporary' } },
    ...options,
  });
  made.push(() => env.shutdown());
  return { env, id: bundle.id };
}

/** Waits until a plugin is in a state. Jest's own timeout bounds it. */
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
