import { possibleExits, possibleEvents, type AnySimulatedEffect } from '../../src/testing/index.js';
import type { Run } from './run.js';

export function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % Math.max(1, items.length)];
}

export function runningProcesses({ tree, running }: Run): AnySimulatedEffect[] {
  return tree.simulator.all().filter((effect) => running.has(effect));
}

export function respond(run: Run, { which, what }: { readonly which: number; readonly what: number }): void {
  const answerable = run.tree.simulator
    .all()
    .map((effect) => ({ effect, events: possibleEvents(effect, run.running.has(effect)) }))
    .filter(({ events }) => events.length > 0);
  const found = pick(answerable, which);
  if (found !== undefined) emitEvent(run, found.effect, pick(found.events, what));
}

function emitEvent(run: Run, effect: AnySimulatedEffect, createEvent: (() => object) | undefined): void {
  if (createEvent === undefined || !effect.isActive()) return;
  const event = createEvent() as { readonly type: string };
  if (event.type === 'process.started' || event.type === 'process.attached') run.running.add(effect);
  (effect.emit as (createEvent: object) => void)(
    'at' in event ? { ...event, at: run.tree.clock.now() } : event,
  );
}

export function endProcess(run: Run, process: AnySimulatedEffect, how: number): void {
  run.running.delete(process);
  const end = pick(possibleExits, how);
  const at = run.tree.clock.now();
  (process.emit as (fact: object) => void)({ type: 'process.exited', at, diagnosis: 'simulated', ...end });
}

/** Every effect succeeds, and every process that is to end does. */
export function respondWell(run: Run): void {
  for (const effect of run.tree.simulator.all()) {
    // All that a connection can report is its loss.
    if (!effect.isActive() || effect.name === 'connection') continue;
    if (run.running.has(effect) && isStopRequested(run, effect.plugin)) endProcess(run, effect, 0);
    else emitEvent(run, effect, possibleEvents(effect, run.running.has(effect))[0]);
  }
}

function isStopRequested({ tree }: Run, plugin: string): boolean {
  return tree.simulator.isRunning('signal', plugin) || tree.simulator.isRunning('shutdown', plugin);
}
