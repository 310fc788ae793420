import { isAbsolute } from 'node:path';
import { startGuardian, type GuardianProcess } from './guardian-process.js';
import { createHunts, type Quarry } from './hunts.js';

/** How the host's plugins are guarded: `guarding` by a process, or not at all, and why. */
export type GuardianState =
  | { readonly state: 'guarding'; readonly pid: number; readonly problem: string | null }
  | { readonly state: 'absent'; readonly pid: null; readonly problem: string };

/** An environment under the guardian's care. */
export interface Charge {
  /** The first part of its tokens. */
  readonly scope: string;
  /** Its private directory, to be removed after the host's end. */
  readonly place: string;
  /** Whether its plugins are ended when the host dies. */
  readonly guarded: boolean;
  tell(state: GuardianState): void;
}

/** The guardian of a host: one process for all its environments, there from the first start to the last shutdown. */
export interface Guardian {
  /** Takes an environment in. No process is started for it yet. */
  take(charge: Charge): void;
  /** Lets go of it; the last one takes the process along. */
  drop(charge: Charge): void;
  /** Sees to it that a process guards, and tells of it; to be called before each start of a plugin. */
  ensure(charge: Charge): void;
  join(pid: number): void;
  part(pid: number): void;
  /** Ends whoever carries a token that begins so, wherever it has gone. */
  hunt(scope: string, token: string): Promise<Quarry>;
}

/** A guardian that lived shorter is not replaced before the next start of a plugin, as the next one may fare no better. */
const shortestLifeMs = 1000;

/** What the guardian removes after the host must not be half a path. */
function introduction({ scope, place }: Charge): string[] {
  return ['guard', scope, isAbsolute(place) && !place.includes('\n') ? place : ''];
}

export function createGuardian(): Guardian {
  const charges = new Set<Charge>();
  const informed = new WeakSet<Charge>();
  const groups = new Set<number>();
  const hunts = createHunts();
  let guardian: GuardianProcess | null = null;
  let lastProblem: string | null = null;
  /** The hunt that this guardian is at. */
  let asked: string | null = null;

  const start = (): void => {
    const orders = [
      ...[...charges].filter(({ guarded }) => guarded).map(introduction),
      ...[...groups].map((group) => ['join', String(group)]),
    ];
    guardian = startGuardian(orders, {
      answered: ([word, id, ...pids]) => {
        if (word === 'hunted' && id !== undefined) hunts.settle(id, pids.map(Number));
        makeHunts();
      },
      ended,
    });
    asked = null;
    if (guardian === null) return;
    const { pid } = guardian;
    makeHunts();
    tell({ state: 'guarding', pid, problem: lastProblem });
    lastProblem = null;
  };
  const tell = (state: GuardianState): void => {
    for (const charge of charges) inform(charge, state);
  };
  const inform = (charge: Charge, state: GuardianState): void => {
    informed.add(charge);
    charge.tell(state);
  };
  const ended = (problem: string): void => {
    const lived = guardian === null ? 0 : performance.now() - guardian.startedAt;
    guardian = null;
    lastProblem = problem;
    if (lived >= shortestLifeMs) {
      start();
      return;
    }
    hunts.giveUp();
    tell({ state: 'absent', pid: null, problem });
  };
  const makeHunts = (): void => {
    const hunt = hunts.current();
    if (hunt === null || hunt.id === asked) return;
    asked = hunt.id;
    guardian?.order(['hunt', hunt.id, ...hunt.tokens]);
  };

  return {
    take(charge) {
      charges.add(charge);
      if (charge.guarded) guardian?.order(introduction(charge));
    },
    drop(charge) {
      if (!charges.delete(charge)) return;
      guardian?.order(['leave', charge.scope]);
      if (charges.size > 0) return;
      guardian?.dismiss();
      guardian = null;
      hunts.giveUp();
    },
    ensure(charge) {
      if (guardian === null) start();
      else if (!informed.has(charge)) inform(charge, { state: 'guarding', pid: guardian.pid, problem: null });
    },
    join(pid) {
      groups.add(pid);
      guardian?.order(['join', String(pid)]);
    },
    part(pid) {
      if (groups.delete(pid)) guardian?.order(['part', String(pid)]);
    },
    hunt(scope, token) {
      const quarry = hunts.want(scope, token);
      if (guardian === null) hunts.giveUp();
      else makeHunts();
      return quarry;
    },
  };
}
