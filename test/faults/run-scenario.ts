import type { PluginState, PluginStatus } from '../../src/index.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { fakeCall } from './inject.js';
import type { ExpectedEnd, FaultScenario } from './fault-scenario.js';
import { pidsWithMarker, waitUntil } from './processes.js';
import { bystander, startHostUnderTest, victim, type HostUnderTest } from './host-under-test.js';

/** Processes that have left the process group of their plugin are reaped later. */
const reapMs = 5000;
const leftoversMs = 10_000;

/** The result of one scenario. */
export interface Outcome {
  readonly fault: FaultScenario;
  /** Milliseconds from the fault to `foundBy`; for a harmless fault, to the end of the scenario. */
  readonly foundMs: number | null;
  readonly tookMs: number;
  /** The first failed expectation; `null` when all were met. */
  readonly problem: string | null;
}

/** Injects one fault into real processes and checks its consequences. */
export async function runScenario(fault: FaultScenario, root: string): Promise<Outcome> {
  const startedAt = performance.now();
  let foundMs: number | null = null;
  let host: HostUnderTest | null = null;
  let problem: string | null = null;
  try {
    host = await startHostUnderTest(fault, root);
    await fault.run(host);
    const elapsedMs = host.sinceFault();
    const first = fault.foundBy ?? fault.states[0];
    foundMs = first === undefined ? elapsedMs : host.firstAfterFault(({ state }) => state === first);
    if (fault.endsHost !== true) await checkOutcome(fault, host);
    await checkLeftovers(host);
    if ((foundMs ?? Infinity) > fault.withinMs)
      throw new Error(`It took ${foundMs?.toFixed(0) ?? 'forever:'} ms; ${fault.withinMs} are allowed.`);
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    host?.close();
  }
  return { fault, foundMs, tookMs: performance.now() - startedAt, problem };
}

async function checkOutcome(fault: FaultScenario, host: HostUnderTest): Promise<void> {
  const states = statesOf(host.statuses());
  expectEqual('its states', fault.states.join(', '), states.join(', '));
  const now = await host.status();
  if (fault.end !== undefined) expectEnd(fault.end, now);
  await expectProcessesGone(host, now);
  const other = await host.status(bystander);
  expectEqual('the bystander', 'healthy, generation 1', `${other.state}, generation ${other.generation}`);
  expectEqual(
    'the echo of the bystander',
    'hello',
    await fakeCall(host, fakeService.Echo.path, 'hello', bystander),
  );
  const exited = new Promise((resolve) => host.child.once('exit', resolve));
  await host.command('end').catch(() => undefined);
  expectEqual("the host's exit code", 0, await exited);
}

/** After the end of the host no process and no file may be left. */
async function checkLeftovers(host: HostUnderTest): Promise<void> {
  const isGone = await waitUntil(() => host.survivors().length === 0, leftoversMs);
  if (!isGone) throw new Error(`Processes are left: ${host.survivors().join(', ')}.`);
  const isClean = await waitUntil(() => host.leftoverFiles().length === 0, leftoversMs);
  if (!isClean) throw new Error(`Files are left: ${host.leftoverFiles().join(', ')}.`);
}

/** No process of an ended generation, nor a descendant, may exist: they inherit its token. */
async function expectProcessesGone(host: HostUnderTest, { generation, pid }: PluginStatus): Promise<void> {
  const ended = Array.from({ length: pid === null ? generation : generation - 1 }, (_, index) => index + 1);
  const left = (): number[] =>
    ended.flatMap((number) => pidsWithMarker(`.${victim}.${number}\0`).filter(isHere));
  const here = new Set(host.survivors());
  const isHere = (found: number): boolean => here.has(found);
  const isGone = await waitUntil(() => left().length === 0, reapMs);
  if (!isGone) throw new Error(`Processes of ended generations are left: ${left().join(', ')}.`);
}

function expectEnd(expected: ExpectedEnd, { lastExit, error }: PluginStatus): void {
  const actual: Record<string, unknown> = {
    kind: lastExit?.kind,
    code: (lastExit?.error ?? error)?.code,
    exit: lastExit?.code,
    signal: lastExit?.signal,
  };
  for (const [name, value] of Object.entries(expected)) expectEqual(`its end's ${name}`, value, actual[name]);
}

/** The states in order, without repetitions. */
function statesOf(statuses: readonly PluginStatus[]): PluginState[] {
  const states = statuses.map(({ state }) => state);
  return states.filter((state, index) => state !== (index === 0 ? null : states[index - 1]));
}

function expectEqual(what: string, expected: unknown, actual: unknown): void {
  if (actual !== expected)
    throw new Error(`${what}: expected "${String(expected)}", got "${String(actual)}".`);
}
