import { Observable, Subject } from 'rxjs';
import type {
  ConnectionFact,
  DialFact,
  DrainFact,
  HandshakeFact,
  HookFact,
  LookFact,
  PluginEffects,
  ProbeFact,
  ProcessFact,
  ShutdownFact,
  StdioFact,
  WatchFact,
} from '../machines/index.js';

/** One effect that a machine has subscribed to and a test answers by hand. */
export interface PretendedEffect<Fact> {
  readonly plugin: string;
  readonly generation: number;
  /** For `signal`: which one was sent. */
  readonly detail: string | null;
  /** What the machine asked for. */
  readonly input: object;
  say(fact: Fact): void;
  /** Fails as no effect may: a defect. */
  break(error: Error): void;
  /** Whether the machine still listens. */
  isActive(): boolean;
}

interface Facts {
  process: ProcessFact;
  look: LookFact;
  logs: never;
  handshake: HandshakeFact;
  dial: DialFact;
  connection: ConnectionFact;
  probe: ProbeFact;
  redial: ProbeFact;
  watch: WatchFact;
  onActivate: HookFact;
  onDeactivate: HookFact;
  stdio: StdioFact;
  broker: never;
  drain: DrainFact;
  shutdown: ShutdownFact;
  signal: never;
}

export type EffectName = keyof Facts;

/** A world that does only what a test says. */
export interface PretendedWorld {
  readonly effects: PluginEffects;
  /** Every effect that was ever ordered, in order, as `name` or `name:detail`. */
  readonly ordered: readonly string[];
  /** The effect of this name that is running; an error when there is none. */
  running<Name extends EffectName>(name: Name, plugin?: string): PretendedEffect<Facts[Name]>;
  isRunning(name: EffectName, plugin?: string): boolean;
  /** Every effect that is running, oldest first. */
  all(): readonly AnyPretendedEffect[];
  /** The machine has slept for so long: the clock on the wall went on. */
  sleep(ms: number): void;
  /** The host's event loop was at work for so long. */
  keepBusy(ms: number): void;
  /** A plugin has answered one of the embedder's calls. */
  answerCall(): void;
  /** How many effects of this name are running. */
  count(name: EffectName): number;
}

/** A running effect with its name, which tells what it can say. */
export type AnyPretendedEffect = {
  [Name in EffectName]: PretendedEffect<Facts[Name]> & { readonly name: Name };
}[EffectName];

/** A running effect of this name. */
export type EffectOf<Name extends EffectName> = Extract<AnyPretendedEffect, { readonly name: Name }>;

type Entry = PretendedEffect<never> & { readonly name: EffectName };

/**
 * Effects without a world behind them. `clock` is the machine's own: its `settle`, where it has one, is called when
 * what an effect has said was heard. `random` is in [0, 1), and without it there is no jitter. `answer` hears of each
 * effect as soon as it runs, and may answer it at once; without it, a test answers them all by hand.
 */
export function pretendWorld(
  clock: { now(): number; settle?(): void },
  random: () => number = () => 0.5,
  answer: (effect: AnyPretendedEffect) => void = () => undefined,
): PretendedWorld {
  let [sleptMs, busyMs, answers] = [0, 0, 0];
  const ordered: string[] = [];
  const active: Entry[] = [];

  const pretend =
    <Name extends EffectName>(name: Name) =>
    (input: { plugin: string; generation: number; signal?: string }): Observable<Facts[Name]> =>
      new Observable((subscriber) => {
        const said = new Subject<Facts[Name]>();
        const subscription = said.subscribe(subscriber);
        const detail = input.signal ?? null;
        const entry = {
          name,
          plugin: input.plugin,
          generation: input.generation,
          detail,
          input,
          say: (fact: Facts[Name]) => {
            said.next(fact);
            clock.settle?.();
          },
          break: (error: Error) => {
            said.error(error);
            clock.settle?.();
          },
          isActive: () => !subscription.closed,
        } as unknown as Entry;
        ordered.push(detail === null ? name : `${name}:${detail}`);
        active.push(entry);
        subscriber.add(() => {
          subscription.unsubscribe();
          active.splice(active.indexOf(entry), 1);
        });
        answer(entry);
      });

  const find = (name: EffectName, plugin?: string) =>
    active.findLast((entry) => entry.name === name && (plugin === undefined || entry.plugin === plugin));

  return {
    ordered,
    effects: {
      now: () => clock.now(),
      random,
      reading: () => ({ steadyMs: clock.now(), wallMs: clock.now() + sleptMs, busyMs, answers }),
      process: pretend('process'),
      look: pretend('look'),
      logs: pretend('logs'),
      handshake: pretend('handshake'),
      dial: pretend('dial'),
      connection: pretend('connection'),
      probe: pretend('probe'),
      redial: pretend('redial'),
      watch: pretend('watch'),
      onActivate: pretend('onActivate'),
      onDeactivate: pretend('onDeactivate'),
      stdio: pretend('stdio'),
      broker: pretend('broker'),
      drain: pretend('drain'),
      shutdown: pretend('shutdown'),
      signal: pretend('signal'),
    },
    running<Name extends EffectName>(name: Name, plugin?: string): PretendedEffect<Facts[Name]> {
      const entry = find(name, plugin);
      if (entry === undefined)
        throw new Error(`No effect ${name} is running${plugin ? ` for ${plugin}` : ''}.`);
      return entry;
    },
    isRunning: (name, plugin) => find(name, plugin) !== undefined,
    all: () => [...active] as readonly AnyPretendedEffect[],
    sleep(ms) {
      sleptMs += ms;
    },
    keepBusy(ms) {
      busyMs += ms;
    },
    answerCall() {
      answers += 1;
    },
    count: (name) => active.filter((entry) => entry.name === name).length,
  };
}
