import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import type { FaultScenario } from './fault-scenario.js';
import { bystander, victim, type HostUnderTest } from './host-under-test.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';

/** One row of the siege: what attacks the host, and what has to follow. */
export interface SiegeAttack {
  readonly name: string;
  /** What the attacker does, as text for the page. */
  readonly attack: string;
  /** What the host does, as text for the page. `run` checks it. */
  readonly result: string;
  /** The attacking plugin. Default: one that does everything right, as something else attacks. */
  readonly plugin?: FakeInterpreterName;
  readonly supervision?: FaultScenario['supervision'];
  /** The host offers plugins to multiplex, which it does not by default. */
  readonly isMultiplexed?: true;
  /** The embedder's callbacks of the host throw whenever they are called. */
  readonly callbacks?: 'throw';
  /** The host has ended at the end, and so has the innocent plugin. */
  readonly endsHost?: boolean;
  /** Attacks for about `size.seconds`, and rejects where the host does anything but `result`. */
  run(host: HostUnderTest, size: SiegeSize): Promise<void>;
}

/** How much a run does. */
export interface SiegeSize {
  /** How long an attack without an end lasts. */
  readonly seconds: number;
  /** How often an attack is repeated that is over at once. */
  readonly times: number;
}

/** Activates the attacker, whether it starts or not, and lets it attack. */
export async function attackFor(host: HostUnderTest, { seconds }: SiegeSize): Promise<void> {
  await host.call('activate', victim).catch(() => undefined);
  const end = performance.now() + seconds * 1000;
  // The innocent plugin is called the whole time, as an ordinary server does.
  await host.until('the attack is over', async () => {
    await callInnocent(host);
    return performance.now() > end;
  });
}

/** Calls the innocent plugin once. */
export async function callInnocent(host: HostUnderTest): Promise<void> {
  await host.command('rpc', { id: bystander, path: fakeService.Echo.path, text: 'hello' });
}

/** The attacker is restarted or given up for this reason, because of what it did. */
export async function expectEnded(host: HostUnderTest, code: string): Promise<void> {
  await host.until(`an exit with ${code}`, async () => {
    const { lastExit, error } = await host.status();
    return [lastExit?.error?.code, error?.code].includes(code as never);
  });
}

/** The attacker serves on with its first process. */
export async function expectServing(host: HostUnderTest): Promise<void> {
  const { state, generation, error } = await host.status();
  if (state !== 'healthy' || generation !== 1)
    throw new Error(`The attacker is ${state} in generation ${generation}: ${error?.code ?? 'no error'}.`);
}
