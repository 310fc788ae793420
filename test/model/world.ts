import { possibleEnds, possibleFacts, type AnyPretendedEffect } from '../../src/testing/index.js';
import type { Run } from './run.js';

export function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % Math.max(1, items.length)];
}

export function runningProcesses({ tree, running }: Run): AnyPretendedEffect[] {
  return tree.world.all().filter((effect) => running.has(effect));
}

export function say(run: Run, { which, what }: { readonly which: number; readonly what: number }): void {
  const able = run.tree.world
    .all()
    .map((effect) => ({ effect, facts: possibleFacts(effect, run.running.has(effect)) }))
    .filter(({ facts }) => facts.length > 0);
  const found = pick(able, which);
  if (found !== undefined) tell(run, found.effect, pick(found.facts, what));
}

function tell(run: Run, effect: AnyPretendedEffect, fact: (() => object) | undefined): void {
  if (fact === undefined || !effect.isActive()) return;
  const said = fact() as { readonly type: string };
  if (said.type === 'process.started' || said.type === 'process.attached') run.running.add(effect);
  (effect.say as (fact: object) => void)('at' in said ? { ...said, at: run.tree.clock.now() } : said);
}

export function exit(run: Run, process: AnyPretendedEffect, how: number): void {
  run.running.delete(process);
  const end = pick(possibleEnds, how);
  const at = run.tree.clock.now();
  (process.say as (fact: object) => void)({ type: 'process.exited', at, diagnosis: 'pretended', ...end });
}

/** Every effect says what it says when all goes well, and who is asked to end does. */
export function goWell(run: Run): void {
  for (const effect of run.tree.world.all()) {
    if (!effect.isActive()) continue;
    if (run.running.has(effect) && isAskedToEnd(run, effect.plugin)) exit(run, effect, 0);
    else tell(run, effect, possibleFacts(effect, run.running.has(effect))[0]);
  }
}

function isAskedToEnd({ tree }: Run, plugin: string): boolean {
  return tree.world.isRunning('signal', plugin) || tree.world.isRunning('shutdown', plugin);
}
