import { everyone } from './dependencies.js';
import { isExpected, isRising, mayStart, type PluginStandingOf } from './standing.js';
import { turnsAmong, type Desk, type Waiting } from './turns.js';

/** Whom an operator's wish makes start, and in which way. */
export interface Enlisting {
  /** At once. */
  readonly start: readonly string[];
  /** When their turn comes. */
  readonly wait: readonly Waiting[];
  readonly change: Pick<Desk, 'waiting' | 'starting' | 'leaving'>;
}

/** A plugin is wanted, and with it all that it requires and that does not come up by itself. */
export function enlisted(
  desk: Desk,
  plugin: string,
  standing: PluginStandingOf,
  isRestart: boolean,
): Enlisting {
  const { plan } = desk.layout;
  if (!everyone(plan).includes(plugin)) return { start: [], wait: [], change: desk };
  const needs = plan.needs.get(plugin) ?? [];
  const asleep = needs.filter((id) => isAsleep(desk, id, standing));
  const leaving = desk.leaving.filter(({ id }) => id !== plugin && !needs.includes(id));
  return enlist({ ...desk, leaving }, [...asleep, plugin], standing, isRestart ? plugin : null);
}

/** All that can start are wanted. */
export function enlistedAll(desk: Desk, standing: PluginStandingOf): Enlisting {
  const asleep = desk.layout.plan.order.filter((id) => isAsleep(desk, id, standing));
  return enlist({ ...desk, leaving: [] }, asleep, standing, null);
}

/** Whether it does not come up by itself, or not to stay. */
function isAsleep({ leaving }: Desk, plugin: string, standing: PluginStandingOf): boolean {
  return !isExpected(standing(plugin)) || leaving.some(({ id }) => id === plugin);
}

/** `restarted` comes down first, if it runs. */
function enlist(
  desk: Desk,
  ids: readonly string[],
  standing: PluginStandingOf,
  restarted: string | null,
): Enlisting {
  const comesDown = (id: string) =>
    standing(id).state === 'stopping' || (id === restarted && !mayStart(standing(id)));
  // Who is up, or on its way, needs no turn: only that its failures are forgotten.
  const isUp = (id: string) => !comesDown(id) && !mayStart(standing(id));
  const rising = desk.starting.filter((id) => isRising(standing(id)));
  const candidates = ids.filter((id) => !isUp(id));
  const turning = turnsAmong(desk, candidates, rising, standing);
  // Its group may keep down what could start otherwise.
  const start = turning.start.filter((id) => !comesDown(id) && !standing(id).isHeld);
  const wait = [
    ...turning.start.filter((id) => !start.includes(id)).map((id) => ({ id, because: 'turn.awaited' })),
    ...turning.wait,
    // It is told why as soon as it waits.
    ...turning.refuse.map(({ id }) => ({ id, because: 'turn.awaited' })),
  ];
  return {
    start: [...ids.filter(isUp), ...start],
    wait,
    change: {
      waiting: [...new Set([...desk.waiting, ...ids])],
      starting: [...new Set([...rising, ...start])],
      leaving: desk.leaving,
    },
  };
}
