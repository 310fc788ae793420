import { of } from 'rxjs';
import type { AtDeadline } from '../environment/index.js';
import type { BrokerDialEffects, PluginEffects } from '../machines/index.js';
import { PluginError } from '../model/index.js';
import { conductOf, type Behaviour } from './conduct.js';
import type { PretendedService } from './in-process/server-call.js';
import { noBroker } from './pretended-connection.js';
import { pretendWorld, type AnyPretendedEffect, type EffectOf } from './pretended-effects.js';
import { startPretendedProcess, type PretendedProcess } from './pretended-process.js';
import type { SteppingClock } from './stepping-clock.js';

/** What a pretended plugin is, while it is being pretended. */
export interface Role {
  behaviour: Behaviour;
  services: readonly PretendedService[];
}

/** A world whose plugins play their roles by themselves. */
export interface Stage {
  readonly effects: PluginEffects & BrokerDialEffects;
  readonly atDeadline: AtDeadline;
  /** The newest process of a plugin; `undefined` before the first. */
  readonly process: (plugin: string) => PretendedProcess | undefined;
  /** Ids of the plugins that have a process. */
  readonly running: () => readonly string[];
  readonly sleep: (ms: number) => void;
  readonly keepBusy: (ms: number) => void;
}

/** No system gives out such numbers, so that nobody signals a stranger by the pid of a pretended process. */
const firstPid = 1_000_000_001;

export function openStage(
  roles: ReadonlyMap<string, Role>,
  clock: SteppingClock,
  random: () => number,
): Stage {
  const processes = new Map<string, PretendedProcess>();
  let pid = firstPid;
  const atDeadline: AtDeadline = (deadline, act) => {
    // Whoever calls reads a clock of the host's: only what was left by that one counts here.
    const leftMs = Number(deadline) - Date.now();
    if (!(leftMs < Infinity)) return () => undefined;
    const timer = clock.setTimeout(act, leftMs);
    return () => {
      clock.clearTimeout(timer);
    };
  };
  const start = (effect: EffectOf<'process'>): void => {
    const role = roles.get(effect.plugin);
    const { reattach } = effect.input as { readonly reattach: object | null };
    if (role === undefined || reattach !== null) {
      effect.say({ type: 'process.failed', at: clock.now(), error: nothingThere() });
      return;
    }
    const { generation, plugin } = effect;
    const conduct = conductOf(role.behaviour, { at: clock.now(), generation });
    const birth = { effect, pid: (pid += 1), conduct, services: role.services, clock, atDeadline };
    startPretendedProcess(birth, (process) => processes.set(plugin, process));
  };
  const answer = (effect: AnyPretendedEffect): void => {
    if (effect.name === 'process') start(effect);
    else processes.get(effect.plugin)?.answer(effect);
  };
  const world = pretendWorld(clock, random, answer);
  const refused = () => of({ type: 'broker.refused', error: noBroker() } as const);
  return {
    effects: { ...world.effects, announcement: refused, brokered: refused },
    atDeadline,
    process: (plugin) => processes.get(plugin),
    running: () => [...processes].filter(([, process]) => process.isRunning()).map(([plugin]) => plugin),
    sleep: (ms) => {
      world.sleep(ms);
    },
    keepBusy: (ms) => {
      world.keepBusy(ms);
    },
  };
}

function nothingThere(): PluginError {
  return new PluginError({
    code: 'REATTACH_NOT_FOUND',
    phase: 'spawn',
    message: 'There is no process to attach to: those of this environment are pretended.',
    hint: 'Test reattaching against a real process.',
  });
}
