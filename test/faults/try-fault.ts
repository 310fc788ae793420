import type { PluginState, PluginStatus } from '../../src/index.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { fakeCall } from './deeds.js';
import type { ExpectedEnd, Fault } from './fault.js';
import { carriersOf, comesTrue } from './processes.js';
import { bystander, openStage, victim, type Stage } from './stage.js';

/** A group is killed with its plugin, but who has left it is searched for afterwards. */
const sweepMs = 5000;
const leaveMs = 10_000;

export interface Outcome {
  readonly fault: Fault;
  /** From the fault to when it was found, in milliseconds; for one that does no harm, to when that was seen. */
  readonly foundMs: number | null;
  readonly tookMs: number;
  /** What was not as it has to be; `null`: everything was. */
  readonly problem: string | null;
}

/** Does one fault to real processes, and looks whether everything follows that has to. */
export async function tryFault(fault: Fault, root: string): Promise<Outcome> {
  const begun = performance.now();
  let foundMs: number | null = null;
  let stage: Stage | null = null;
  let problem: string | null = null;
  try {
    stage = await openStage(fault, root);
    await fault.play(stage);
    const playedMs = stage.elapsed();
    const first = fault.foundBy ?? fault.states[0];
    foundMs = first === undefined ? playedMs : stage.since(({ state }) => state === first);
    if (fault.endsHost !== true) await inspect(fault, stage);
    await inspectLeftovers(stage);
    if ((foundMs ?? Infinity) > fault.withinMs)
      throw new Error(`It took ${foundMs?.toFixed(0) ?? 'for ever'} ms; ${fault.withinMs} are allowed.`);
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    stage?.close();
  }
  return { fault, foundMs, tookMs: performance.now() - begun, problem };
}

async function inspect(fault: Fault, stage: Stage): Promise<void> {
  const states = statesOf(stage.told());
  demand('its states', fault.states.join(', '), states.join(', '));
  const now = await stage.status();
  if (fault.end !== undefined) demandEnd(fault.end, now);
  await demandGone(stage, now);
  const other = await stage.status(bystander);
  demand('the bystander', 'healthy, generation 1', `${other.state}, generation ${other.generation}`);
  demand(
    'the echo of the bystander',
    'hello',
    await fakeCall(stage, fakeService.Echo.path, 'hello', bystander),
  );
  const left = new Promise((resolve) => stage.host.once('exit', resolve));
  await stage.order('end').catch(() => undefined);
  demand("the host's exit code", 0, await left);
}

/** Whatever the fault was, at the end of the host nothing may be left of it. */
async function inspectLeftovers(stage: Stage): Promise<void> {
  const isGone = await comesTrue(() => stage.survivors().length === 0, leaveMs);
  if (!isGone) throw new Error(`Processes are left: ${stage.survivors().join(', ')}.`);
  const isClean = await comesTrue(() => stage.litter().length === 0, leaveMs);
  if (!isClean) throw new Error(`Files are left: ${stage.litter().join(', ')}.`);
}

/** Nothing may live on that an ended generation was or has started: its token would tell. */
async function demandGone(stage: Stage, { generation, pid }: PluginStatus): Promise<void> {
  const ended = Array.from({ length: pid === null ? generation : generation - 1 }, (_, index) => index + 1);
  const left = (): number[] => ended.flatMap((number) => carriersOf(`.${victim}.${number}\0`).filter(isHere));
  const here = new Set(stage.survivors());
  const isHere = (found: number): boolean => here.has(found);
  const isGone = await comesTrue(() => left().length === 0, sweepMs);
  if (!isGone) throw new Error(`Of generations that have ended, processes are left: ${left().join(', ')}.`);
}

function demandEnd(expected: ExpectedEnd, { lastExit, error }: PluginStatus): void {
  const seen: Record<string, unknown> = {
    kind: lastExit?.kind,
    code: (lastExit?.error ?? error)?.code,
    exit: lastExit?.code,
    signal: lastExit?.signal,
  };
  for (const [name, value] of Object.entries(expected)) demand(`its end's ${name}`, value, seen[name]);
}

/** The states in order, each as often as it was entered. */
function statesOf(told: readonly PluginStatus[]): PluginState[] {
  const states = told.map(({ state }) => state);
  return states.filter((state, index) => state !== (index === 0 ? null : states[index - 1]));
}

function demand(what: string, expected: unknown, seen: unknown): void {
  if (seen !== expected) throw new Error(`${what}: expected "${String(expected)}", saw "${String(seen)}".`);
}
