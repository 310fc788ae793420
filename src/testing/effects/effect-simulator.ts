import { Observable, Subject } from 'rxjs';
import type {
  ConnectionEvent,
  DialEvent,
  DrainEvent,
  HandshakeEvent,
  HookEvent,
  PollEvent,
  PluginEffects,
  ProbeEvent,
  ProcessEvent,
  ShutdownEvent,
  StdioEvent,
  WatchEvent,
} from '../../machines/index.js';

/** One effect that a machine has subscribed to and a test answers by hand. */
export interface SimulatedEffect<Fact> {
  readonly plugin: string;
  readonly generation: number;
  /** For `signal`: which one was sent. */
  readonly detail: string | null;
  /** What the machine asked for. */
  readonly input: object;
  emit(fact: Fact): void;
  /** Fails as no effect may: a defect. */
  fail(error: Error): void;
  /** Whether the machine still listens. */
  isActive(): boolean;
}

interface EffectEvents {
  process: ProcessEvent;
  pollProcess: PollEvent;
  logs: never;
  handshake: HandshakeEvent;
  dial: DialEvent;
  connection: ConnectionEvent;
  probe: ProbeEvent;
  redial: ProbeEvent;
  watch: WatchEvent;
  onActivate: HookEvent;
  onDeactivate: HookEvent;
  stdio: StdioEvent;
  broker: never;
  drain: DrainEvent;
  shutdown: ShutdownEvent;
  signal: never;
}

export type EffectName = keyof EffectEvents;

/** A world that does only what a test says. */
export interface EffectSimulator {
  readonly effects: PluginEffects;
  /** Every effect that was ever ordered, in order, as `name` or `name:detail`. */
  readonly subscribed: readonly string[];
  /** The effect of this name that is running; an error when there is none. */
  running<Name extends EffectName>(name: Name, plugin?: string): SimulatedEffect<EffectEvents[Name]>;
  isRunning(name: EffectName, plugin?: string): boolean;
  /** Every effect that is running, oldest first. */
  all(): readonly AnySimulatedEffect[];
  /** The machine has slept for so long: the clock on the wall went on. */
  sleep(ms: number): void;
  /** The host's event loop was at work for so long. */
  addBusyTime(ms: number): void;
  /** A plugin has answered one of the embedder's calls. */
  countAnsweredCall(): void;
  /** How many effects of this name are running. */
  count(name: EffectName): number;
}

/** A running effect with its name, which tells what it can say. */
export type AnySimulatedEffect = {
  [Name in EffectName]: SimulatedEffect<EffectEvents[Name]> & { readonly name: Name };
}[EffectName];

/** A running effect of this name. */
export type SimulatedEffectOf<Name extends EffectName> = Extract<AnySimulatedEffect, { readonly name: Name }>;

type ActiveEffect = SimulatedEffect<never> & { readonly name: EffectName };

/**
 * Effects without a world behind them. `clock` is the machine's own: its `flush`, where it has one, is called when
 * what an effect has said was heard. `random` is in [0, 1), and without it there is no jitter. `answer` hears of each
 * effect as soon as it runs, and may answer it at once; without it, a test answers them all by hand.
 */
export function createEffectSimulator(
  clock: { now(): number; flush?(): void },
  random: () => number = () => 0.5,
  onStart: (effect: AnySimulatedEffect) => void = () => undefined,
): EffectSimulator {
  let [sleptMs, busyMs, answers] = [0, 0, 0];
  const ordered: string[] = [];
  const active: ActiveEffect[] = [];

  const simulate =
    <Name extends EffectName>(name: Name) =>
    (input: { plugin: string; generation: number; signal?: string }): Observable<EffectEvents[Name]> =>
      new Observable((subscriber) => {
        const events = new Subject<EffectEvents[Name]>();
        const subscription = events.subscribe(subscriber);
        const detail = input.signal ?? null;
        const entry = {
          name,
          plugin: input.plugin,
          generation: input.generation,
          detail,
          input,
          emit: (fact: EffectEvents[Name]) => {
            events.next(fact);
            clock.flush?.();
          },
          fail: (error: Error) => {
            events.error(error);
            clock.flush?.();
          },
          isActive: () => !subscription.closed,
        } as unknown as ActiveEffect;
        ordered.push(detail === null ? name : `${name}:${detail}`);
        active.push(entry);
        subscriber.add(() => {
          subscription.unsubscribe();
          active.splice(active.indexOf(entry), 1);
        });
        onStart(entry);
      });

  const find = (name: EffectName, plugin?: string) =>
    active.findLast((entry) => entry.name === name && (plugin === undefined || entry.plugin === plugin));

  return {
    subscribed: ordered,
    effects: {
      now: () => clock.now(),
      random,
      sampleHost: () => ({
        monotonicMs: clock.now(),
        wallMs: clock.now() + sleptMs,
        eventLoopActiveMs: busyMs,
        messagesReceived: answers,
      }),
      process: simulate('process'),
      pollProcess: simulate('pollProcess'),
      logs: simulate('logs'),
      handshake: simulate('handshake'),
      dial: simulate('dial'),
      connection: simulate('connection'),
      probe: simulate('probe'),
      redial: simulate('redial'),
      watch: simulate('watch'),
      onActivate: simulate('onActivate'),
      onDeactivate: simulate('onDeactivate'),
      stdio: simulate('stdio'),
      broker: simulate('broker'),
      drain: simulate('drain'),
      shutdown: simulate('shutdown'),
      signal: simulate('signal'),
    },
    running<Name extends EffectName>(name: Name, plugin?: string): SimulatedEffect<EffectEvents[Name]> {
      const entry = find(name, plugin);
      if (entry === undefined)
        throw new Error(`No effect ${name} is running${plugin ? ` for ${plugin}` : ''}.`);
      return entry;
    },
    isRunning: (name, plugin) => find(name, plugin) !== undefined,
    all: () => [...active] as readonly AnySimulatedEffect[],
    sleep(ms) {
      sleptMs += ms;
    },
    addBusyTime(ms) {
      busyMs += ms;
    },
    countAnsweredCall() {
      answers += 1;
    },
    count: (name) => active.filter((entry) => entry.name === name).length,
  };
}
