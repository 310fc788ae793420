import type { PluginState, PluginStatus } from '../../src/index.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { fakeCall } from './inject.js';
import type { ExpectedEnd, FaultScenario } from './fault-scenario.js';
import { pidsWithMarker, waitUntil } from './processes.js';
import { bystander, startHostUnderTest, victim, type HostUnderTest } from './host-under-test.js';

/** A group is killed with its plugin, but who has left it is searched for afterwards. */
const sweepMs = 5000;
const leaveMs = 10_000;

export interface Outcome {
  readonly fault: FaultScenario;
  /** From the fault to when it was found, in milliseconds; for one that does no harm, to when that was seen. */
  readonly foundMs: number | null;
  readonly tookMs: number;
  /** What was not as it has to be; `null`: everything was. */
  readonly problem: string | null;
}

/** Does one fault to real processes, and looks whether everything follows that has to. */
export async function runScenario(fault: FaultScenario, root: string): Promise<Outcome> {
  const startedAt = performance.now();
  let foundMs: number | null = null;
  let host: HostUnderTest | null = null;
  let problem: string | null = null;
  try {
    host = await startHostUnderTest(fault, root);
    await fault.run(host);
    const playedMs = host.sinceFault();
    const first = fault.foundBy ?? fault.states[0];
    foundMs = first === undefined ? playedMs : host.firstAfterFault(({ state }) => state === first);
    if (fault.endsHost !== true) await checkOutcome(fault, host);
    await checkLeftovers(host);
    if ((foundMs ?? Infinity) > fault.withinMs)
      throw new Error(`It took ${foundMs?.toFixed(0) ?? 'for ever'} ms; ${fault.withinMs} are allowed.`);
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    host?.close();
  }
  return { fault, foundMs, tookMs: performance.now() - startedAt, problem };
}

async function checkOutcome(fault: FaultScenario, stage: HostUnderTest): Promise<void> {
  const states = statesOf(stage.statuses());
  expectEqual('its states', fault.states.join(', '), states.join(', '));
  const now = await stage.status();
  if (fault.end !== undefined) expectEnd(fault.end, now);
  await expectProcessesGone(stage, now);
  const other = await stage.status(bystander);
  expectEqual('the bystander', 'healthy, generation 1', `${other.state}, generation ${other.generation}`);
  expectEqual(
    'the echo of the bystander',
    'hello',
    await fakeCall(stage, fakeService.Echo.path, 'hello', bystander),
  );
  const left = new Promise((resolve) => stage.host.once('exit', resolve));
  await stage.command('end').catch(() => undefined);
  expectEqual("the host's exit code", 0, await left);
}

/** Whatever the fault was, at the end of the host nothing may be left of it. */
async function checkLeftovers(stage: HostUnderTest): Promise<void> {
  const isGone = await waitUntil(() => stage.survivors().length === 0, leaveMs);
  if (!isGone) throw new Error(`Processes are left: ${stage.survivors().join(', ')}.`);
  const isClean = await waitUntil(() => stage.leftoverFiles().length === 0, leaveMs);
  if (!isClean) throw new Error(`Files are left: ${stage.leftoverFiles().join(', ')}.`);
}

/** Nothing may live on that an ended generation was or has started: its token would tell. */
async function expectProcessesGone(stage: HostUnderTest, { generation, pid }: PluginStatus): Promise<void> {
  const ended = Array.from({ length: pid === null ? generation : generation - 1 }, (_, index) => index + 1);
  const left = (): number[] =>
    ended.flatMap((number) => pidsWithMarker(`.${victim}.${number}\0`).filter(isHere));
  const here = new Set(stage.survivors());
  const isHere = (found: number): boolean => here.has(found);
  const isGone = await waitUntil(() => left().length === 0, sweepMs);
  if (!isGone) throw new Error(`Of generations that have ended, processes are left: ${left().join(', ')}.`);
}

function expectEnd(expected: ExpectedEnd, { lastExit, error }: PluginStatus): void {
  const seen: Record<string, unknown> = {
    kind: lastExit?.kind,
    code: (lastExit?.error ?? error)?.code,
    exit: lastExit?.code,
    signal: lastExit?.signal,
  };
  for (const [name, value] of Object.entries(expected)) expectEqual(`its end's ${name}`, value, seen[name]);
}

/** The states in order, each as often as it was entered. */
function statesOf(told: readonly PluginStatus[]): PluginState[] {
  const states = told.map(({ state }) => state);
  return states.filter((state, index) => state !== (index === 0 ? null : states[index - 1]));
}

function expectEqual(what: string, expected: unknown, seen: unknown): void {
  if (seen !== expected) throw new Error(`${what}: expected "${String(expected)}", saw "${String(seen)}".`);
}
