import { z } from 'zod';
import {
  byKind,
  isObject,
  knownFields,
  mustBe,
  problemsOf,
  recordOf,
  type SchemaShape,
} from '../bundle/index.js';
import { optionShape, optionsError, type EnvironmentOptions } from '../environment/index.js';
import { pluginErrorCodes, type Manifest } from '../model/index.js';
import type { SimulatedService } from './grpc/in-process-server.js';
import type { Behaviour, ProcessBehaviour } from './plugins/process-behaviour.js';

/** A plugin without a process: parts of its manifest, the behaviour of its processes, and its gRPC services. */
export interface SimulatedPlugin extends Partial<
  Pick<Manifest, 'version' | 'requires' | 'group' | 'significant' | 'supervision' | 'props'>
> {
  /** How its processes behave. Default: `behavesWell()`. */
  readonly behaviour?: Behaviour | undefined;
  /** The gRPC services that it serves. Default: none. */
  readonly services?: readonly SimulatedService[] | undefined;
}

/** The plugins, and those options of an environment that apply without processes. */
export interface SimulatedEnvironmentOptions extends Pick<
  EnvironmentOptions,
  'policy' | 'groups' | 'startConcurrency' | 'versions' | 'logger' | 'inspect'
> {
  /** The plugins by id; a behaviour alone is a plugin without services and dependencies. */
  readonly plugins: Readonly<Record<string, SimulatedPlugin | Behaviour>>;
  /** The seed of all random numbers, a whole number; restart delays are those of `simulate`. Default 1. */
  readonly seed?: number | undefined;
  /** The random numbers of restart delays, in [0, 1), in place of a seed. */
  readonly random?: (() => number) | undefined;
  /** The initial time of the clock, in milliseconds since the epoch. Default 0. */
  readonly startsAt?: number | undefined;
}

const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0;
const time = mustBe('a number of milliseconds from 0', isTime);
const isFault = (value: unknown): boolean => value === 'hang' || value === 'stopServing' || isObject(value);

const processBehaviour = {
  startMs: time,
  spawnFails: knownFields({ code: z.enum(pluginErrorCodes), afterMs: time }),
  prints: z.array(z.string()),
  handshakeFails: z.enum(pluginErrorCodes),
  protocolVersion: z.int().min(0),
  refusesConnections: z.boolean(),
  activationFailure: z.string().nullable(),
  hooks: z.array(z.enum(['OnActivate', 'OnDeactivate'])),
  servesProbes: mustBe('a number from 0', isTime),
  scheduledFault: knownFields({
    from: z.enum(['start', 'healthy']),
    afterMs: time,
    fault: mustBe("'hang', 'stopServing' or the end of a process", isFault),
  }),
  ignores: z.array(z.enum(['Shutdown', 'SIGTERM', 'SIGKILL'])),
  stopMs: time,
} satisfies SchemaShape<ProcessBehaviour>;

const aFunction = mustBe('a function', (value) => typeof value === 'function');
const behaviour = byKind((value) =>
  typeof value === 'function' ? z.unknown() : knownFields(processBehaviour).partial(),
);

const simulatedPlugin = {
  behaviour,
  services: z.array(
    knownFields({
      definition: mustBe('a service definition', isObject),
      implementation: mustBe('an object of handlers', isObject),
    }),
  ),
  version: z.string(),
  requires: z.array(z.string()),
  group: z.string(),
  significant: z.boolean(),
  supervision: optionShape.policy,
  props: recordOf(z.unknown()),
} satisfies SchemaShape<SimulatedPlugin>;

/** Both forms at once, so that a misspelt field of either is found. */
const eitherForm = knownFields({ ...simulatedPlugin, ...processBehaviour }).partial();

const schema = knownFields({
  plugins: recordOf(byKind((value) => pluginSchema(value))),
  policy: optionShape.policy.optional(),
  groups: optionShape.groups.optional(),
  startConcurrency: optionShape.startConcurrency.optional(),
  versions: optionShape.versions.optional(),
  logger: optionShape.logger.optional(),
  inspect: optionShape.inspect.optional(),
  seed: z.int().optional(),
  random: aFunction.optional(),
  startsAt: mustBe('milliseconds since the epoch', isTime).optional(),
} satisfies SchemaShape<SimulatedEnvironmentOptions>);

function pluginSchema(value: unknown): z.ZodType {
  if (typeof value === 'function') return z.unknown();
  const isShort = isObject(value) && isBehaviour(value);
  return isShort ? eitherForm : knownFields(simulatedPlugin).partial();
}

/** Whether a plugin of a simulated environment is given by its behaviour alone. */
export function isBehaviour(given: SimulatedPlugin | Behaviour): given is Behaviour {
  return typeof given === 'function' || !Object.keys(given).some((key) => key in simulatedPlugin);
}

/** Throws CONFIG_INVALID when the options of a simulated environment are not usable. */
export function checkSimulatedOptions(options: unknown): void {
  const problems = problemsOf(schema, options);
  if (problems.length > 0) throw optionsError(problems);
}
