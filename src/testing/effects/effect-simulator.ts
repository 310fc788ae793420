import { Observable } from 'rxjs';
import type {
  ConnectionEvent,
  DialEvent,
  DrainEvent,
  GreetEvent,
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

/** One running effect, whose events a test emits. */
export interface SimulatedEffect<Event> {
  readonly plugin: string;
  readonly generation: number;
  /** The signal of the effect `signal`; else `null`. */
  readonly detail: string | null;
  /** The input that the machine gave the effect. */
  readonly input: object;
  /** Emits an event to the machine. */
  emit(event: Event): void;
  /** Errors, which no real effect does: a defect. */
  fail(error: Error): void;
  /** Whether the machine is still subscribed. */
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
  greet: GreetEvent;
  watch: WatchEvent;
  onActivate: HookEvent;
  onDeactivate: HookEvent;
  stdio: StdioEvent;
  broker: never;
  drain: DrainEvent;
  shutdown: ShutdownEvent;
  signal: never;
}

/** The name of an effect of the plugin machine. */
export type EffectName = keyof EffectEvents;

/** Effects without an operating system behind them. */
export interface EffectSimulator {
  /** The effects for the machines. */
  readonly effects: PluginEffects;
  /** All effects that were ever subscribed, in order, as `name` or `name:detail`. */
  readonly subscribed: readonly string[];
  /** The newest running effect of this name. Throws when there is none. */
  running<Name extends EffectName>(name: Name, plugin?: string): SimulatedEffect<EffectEvents[Name]>;
  /** Whether an effect of this name is running. */
  isRunning(name: EffectName, plugin?: string): boolean;
  /** All running effects, oldest first. */
  all(): readonly AnySimulatedEffect[];
  /** Advances only the wall clock, as while the computer is suspended, in milliseconds. */
  sleep(ms: number): void;
  /** Adds to the active time of the host's event loop, in milliseconds. */
  addBusyTime(ms: number): void;
  /** Counts an answered call of the host. */
  countAnsweredCall(): void;
  /** Sets how many calls of the host wait for the plugin. */
  setCallsInFlight(count: number): void;
  /** How many effects of this name are running. */
  count(name: EffectName): number;
}

/** A running effect; its name determines the type of its events. */
export type AnySimulatedEffect = {
  [Name in EffectName]: SimulatedEffect<EffectEvents[Name]> & { readonly name: Name };
}[EffectName];

/** A running effect of this name. */
export type SimulatedEffectOf<Name extends EffectName> = Extract<AnySimulatedEffect, { readonly name: Name }>;

type ActiveEffect = SimulatedEffect<never> & { readonly name: EffectName };

/**
 * Creates simulated effects. `clock` is that of the machines; its `flush`, if any, is called after each event. `random`
 * is in [0, 1); the default, 0.5, means no jitter. `onStart` is called with each effect and may emit at once; without
 * it, a test emits all events.
 */
export function createEffectSimulator(
  clock: { now(): number; flush?(): void },
  random: () => number = () => 0.5,
  onStart: (effect: AnySimulatedEffect) => void = () => undefined,
): EffectSimulator {
  let [sleptMs, busyMs, answers, callsInFlight] = [0, 0, 0, 0];
  const subscribed: string[] = [];
  const active: ActiveEffect[] = [];

  const simulate =
    <Name extends EffectName>(name: Name) =>
    (input: { plugin: string; generation: number; signal?: string }): Observable<EffectEvents[Name]> =>
      new Observable((subscriber) => {
        const detail = input.signal ?? null;
        const entry = {
          name,
          plugin: input.plugin,
          generation: input.generation,
          detail,
          input,
          emit: (event: EffectEvents[Name]) => {
            subscriber.next(event);
            clock.flush?.();
          },
          fail: (error: Error) => {
            subscriber.error(error);
            clock.flush?.();
          },
          isActive: () => !subscriber.closed,
        } as unknown as ActiveEffect;
        subscribed.push(detail === null ? name : `${name}:${detail}`);
        active.push(entry);
        subscriber.add(() => {
          active.splice(active.indexOf(entry), 1);
        });
        onStart(entry);
      });

  const find = (name: EffectName, plugin?: string) =>
    active.findLast((entry) => entry.name === name && (plugin === undefined || entry.plugin === plugin));

  return {
    subscribed,
    effects: {
      now: () => clock.now(),
      random,
      sampleHost: () => ({
        monotonicMs: clock.now(),
        wallMs: clock.now() + sleptMs,
        eventLoopActiveMs: busyMs,
        messagesReceived: answers,
        callsInFlight,
      }),
      process: simulate('process'),
      pollProcess: simulate('pollProcess'),
      logs: simulate('logs'),
      handshake: simulate('handshake'),
      dial: simulate('dial'),
      connection: simulate('connection'),
      probe: simulate('probe'),
      redial: simulate('redial'),
      greet: simulate('greet'),
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
    setCallsInFlight(count) {
      callsInFlight = count;
    },
    count: (name) => active.filter((entry) => entry.name === name).length,
  };
}
