import type { ChannelOptions } from '@grpc/grpc-js';
import { PluginError } from '../model/index.js';
import type { PluginNetwork } from './endpoint.js';
import type { PluginHooks } from './hooks.js';
import type { OutputName } from './output.js';
import type { PluginMtls } from './security.js';
import type { PluginServices } from './services.js';

/** How host and plugin recognise each other. It must be the same on both sides. */
export interface PluginHandshake {
  /** The environment variable by which the host shows itself. Default `ESPALIER_PLUGIN`. */
  readonly cookieKey?: string | undefined;
  /** Its value. Default `espalier`. Not a secret. */
  readonly cookieValue?: string | undefined;
  /** The application version of `services`. Default 1. */
  readonly protocolVersion?: number | undefined;
}

/** What `serve` takes. `services` or `versions` is required. */
export interface ServeOptions {
  /** The plugin's services, for `handshake.protocolVersion`. */
  readonly services?: PluginServices | undefined;
  /** The services for each application version that the plugin speaks. The highest that the host offers is served. */
  readonly versions?: Readonly<Record<number, PluginServices>> | undefined;
  readonly handshake?: PluginHandshake | undefined;
  readonly hooks?: PluginHooks | undefined;
  /** Where to listen. Default `unix`, on Windows `tcp`. */
  readonly network?: PluginNetwork | undefined;
  /** Whether to speak mutual TLS. Default `auto`. */
  readonly mtls?: PluginMtls | undefined;
  /** Time in which running calls may end when the plugin stops, in milliseconds. Default 1000. */
  readonly graceMs?: number | undefined;
  /** Whether to end when the host is gone. Default true. */
  readonly exitWithHost?: boolean | undefined;
  /**
   * The outputs that go to the host through GRPCStdio instead of the process's own pipe. Default: none under an Espalier
   * host, which reads the pipes, and stdout under any other host, which throws away what comes through that pipe.
   */
  readonly stream?: readonly OutputName[] | undefined;
  /** Options of grpc-js for the servers and the channels of the plugin; they win over those of this package. */
  readonly grpc?: ChannelOptions | undefined;
}

/** The options of `serve` with their defaults; `null` where the default depends on the host. */
export interface ServePlan {
  readonly versions: ReadonlyMap<number, PluginServices>;
  readonly cookieKey: string;
  readonly cookieValue: string;
  readonly hooks: PluginHooks;
  readonly network: PluginNetwork;
  readonly mtls: PluginMtls;
  readonly graceMs: number;
  readonly exitWithHost: boolean;
  readonly stream: readonly OutputName[] | null;
  readonly grpc: ChannelOptions;
}

/** Checks the options. Throws CONFIG_INVALID, with the path of the first that is wrong. */
export function planOf(options: ServeOptions, platform: NodeJS.Platform): ServePlan {
  checkShape('options', options, shapes);
  const { handshake = {}, hooks = {} } = options;
  checkShape('handshake', handshake, handshakeShapes);
  checkShape('hooks', hooks, hookShapes);
  const { cookieKey = 'ESPALIER_PLUGIN', cookieValue = 'espalier', protocolVersion = 1 } = handshake;
  return {
    versions: versionsOf(options, protocolVersion),
    cookieKey,
    cookieValue,
    hooks,
    network: options.network ?? (platform === 'win32' ? 'tcp' : 'unix'),
    mtls: options.mtls ?? 'auto',
    graceMs: options.graceMs ?? 1000,
    exitWithHost: options.exitWithHost ?? true,
    stream: options.stream ?? null,
    grpc: options.grpc ?? {},
  };
}

function versionsOf({ services, versions = {} }: ServeOptions, version: number): ServePlan['versions'] {
  const all = Object.entries(versions).map(([key, value]) => [Number(key), value] as const);
  for (const [key, value] of all) {
    if (!version0OrMore.holds(key)) throw invalid('versions', 'have whole numbers from 0 as its keys');
    if (!servicesShape.holds(value)) throw invalid(`versions.${key}`, servicesShape.wants);
  }
  if (services === undefined && all.length === 0) {
    throw invalid('services', 'be given: a list of services, or a function that adds them to the server');
  }
  return new Map(services === undefined ? all : [[version, services], ...all]);
}

interface Shape {
  readonly holds: (value: unknown) => boolean;
  /** The end of a sentence that begins with "must". */
  readonly wants: string;
}

type Shapes<Options> = { readonly [Name in keyof Options]-?: Shape };

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isOutput = (value: unknown): boolean => value === 'stdout' || value === 'stderr';
const anObject: Shape = { holds: isObject, wants: 'be an object' };
const aFunction: Shape = { holds: (value) => typeof value === 'function', wants: 'be a function' };
const someText: Shape = {
  holds: (value) => typeof value === 'string' && value !== '',
  wants: 'be a text that is not empty',
};
const version0OrMore: Shape = {
  holds: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  wants: 'be a whole number from 0',
};
const servicesShape: Shape = {
  holds: (value) => typeof value === 'function' || (Array.isArray(value) && value.every(isService)),
  wants: 'be a function, or a list of { definition, implementation }',
};

function isService(value: unknown): boolean {
  return isObject(value) && 'definition' in value && 'implementation' in value;
}

function oneOf(...values: readonly string[]): Shape {
  return { holds: (value) => values.includes(String(value)), wants: `be one of ${values.join(', ')}` };
}

const shapes: Shapes<ServeOptions> = {
  services: servicesShape,
  versions: anObject,
  handshake: anObject,
  hooks: anObject,
  network: oneOf('unix', 'tcp'),
  mtls: oneOf('auto', 'required', 'off'),
  graceMs: {
    holds: (value) => typeof value === 'number' && value >= 0 && value < 2 ** 31,
    wants: 'be a number of milliseconds from 0',
  },
  exitWithHost: { holds: (value) => typeof value === 'boolean', wants: 'be true or false' },
  stream: {
    holds: (value) => Array.isArray(value) && value.every(isOutput),
    wants: "be a list of 'stdout' and 'stderr'",
  },
  grpc: anObject,
};

const handshakeShapes: Shapes<PluginHandshake> = {
  cookieKey: someText,
  cookieValue: someText,
  protocolVersion: version0OrMore,
};

const hookShapes: Shapes<PluginHooks> = {
  onActivate: aFunction,
  onDeactivate: aFunction,
  onConfigurationChange: aFunction,
};

function checkShape<Options extends object>(path: string, options: Options, known: Shapes<Options>): void {
  if (!isObject(options)) throw invalid(path, 'be an object');
  const within = path === 'options' ? '' : `${path}.`;
  for (const [name, value] of Object.entries(options)) {
    const shape = (known as Readonly<Record<string, Shape>>)[name];
    if (shape === undefined) {
      throw invalid(`${within}${name}`, `not be given: known are ${Object.keys(known).join(', ')}`);
    }
    if (value !== undefined && !shape.holds(value)) throw invalid(`${within}${name}`, shape.wants);
  }
}

function invalid(path: string, wanted: string): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `serve: ${path} must ${wanted}.`,
    hint: 'See docs/writing-a-node-plugin.md for the options of serve.',
    facts: { path },
  });
}
