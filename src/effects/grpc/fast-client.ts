import {
  credentials,
  Metadata,
  type CallOptions,
  type ChannelCredentials,
  type ChannelInterface,
  type Client,
  type ClientOptions,
  type ClientUnaryCall,
} from '@grpc/grpc-js';
import { callSettingsOf, type CallSettings } from './call-settings.js';
import type { PluginChannel } from './plugin-channel.js';
import type { UnaryRequest } from './unary-request.js';

type Serialize = (value: unknown) => Buffer;
type Deserialize = (bytes: Buffer) => unknown;
type Callback = UnaryRequest['callback'];

/** A unary method as grpc-js's constructors put it on their prototypes. */
interface UnaryMethod {
  (...args: unknown[]): ClientUnaryCall;
  readonly path: string;
  readonly requestSerialize: Serialize;
  readonly responseDeserialize: Deserialize;
}

/**
 * Makes a client of grpc-js on a plugin's channel. Its unary calls go a shorter way, from the method to the bytes,
 * where the plugin is connected and the call uses nothing of the layers between; every other call goes the ordinary
 * one. It is an instance of its constructor, and all of it works as on any channel.
 */
export function createPluginClient<C extends Client>(
  Ctor: new (address: string, channelCredentials: ChannelCredentials, options?: ClientOptions) => C,
  channel: PluginChannel,
  options: ClientOptions = {},
): C {
  const settings = callSettingsOf(options);
  const single = new Set<string>();
  const ofClient = channelOfClient(channel, settings, single);
  const client = new Ctor(channel.getTarget(), credentials.createInsecure(), {
    ...options,
    channelOverride: ofClient,
  });
  const isIntercepted = !isPlain(client, ofClient);
  const prototype = Object.getPrototypeOf(client) as Record<string, unknown>;
  for (const name in prototype) {
    const method = prototype[name];
    if (!isUnaryMethod(method)) continue;
    single.add(method.path);
    if (isIntercepted) continue;
    const short = shortWay({ channel, settings, method, ordinary: (args) => method.apply(client, args) });
    define(client, name, method, (...args) =>
      // What is put into the prototype's place later, a spy for example, is respected.
      prototype[name] === method ? short(args) : (prototype[name] as UnaryMethod).apply(client, args),
    );
  }
  return client;
}

/** The plugin's channel with what the client asks of its calls, and knows of its methods. */
function channelOfClient(
  channel: PluginChannel,
  settings: CallSettings,
  single: ReadonlySet<string>,
): ChannelInterface {
  return {
    ...channel,
    createCall: (method, deadline, host, parent, flags) =>
      channel.createCall(method, deadline, host, parent, flags, settings, single.has(method)),
  };
}

function define(
  client: Client,
  name: string,
  method: UnaryMethod,
  short: (...args: unknown[]) => ClientUnaryCall,
): void {
  Object.defineProperty(client, name, {
    value: Object.assign(short, { ...method }),
    writable: true,
    configurable: true,
  });
}

/** Whether there is nothing that all calls of a client have to pass through. A subclass may have asked for it. */
function isPlain(client: Client, channel: ChannelInterface): boolean {
  return Object.getOwnPropertySymbols(client).every((symbol) => {
    const value = (client as unknown as Record<symbol, unknown>)[symbol];
    return value === channel || value === undefined || (Array.isArray(value) && value.length === 0);
  });
}

function isUnaryMethod(method: unknown): method is UnaryMethod {
  if (typeof method !== 'function') return false;
  const { path, requestStream, responseStream, requestSerialize, responseDeserialize } =
    method as unknown as Record<string, unknown>;
  return (
    typeof path === 'string' &&
    requestStream === false &&
    responseStream === false &&
    typeof requestSerialize === 'function' &&
    typeof responseDeserialize === 'function'
  );
}

interface Way {
  readonly channel: PluginChannel;
  readonly settings: CallSettings;
  readonly method: UnaryMethod;
  readonly ordinary: (args: unknown[]) => ClientUnaryCall;
}

/** How a method is called with these arguments: the short way if that can be, else the ordinary one. */
function shortWay({ channel, settings, method, ordinary }: Way): (args: unknown[]) => ClientUnaryCall {
  const { path, requestSerialize, responseDeserialize } = method;
  return (args) => {
    const given = read(args);
    const message = given === null ? null : serialized(requestSerialize, args[0]);
    if (given === null || message === null) return ordinary(args);
    const call = channel.startUnaryCall({
      method: path,
      metadata: given.metadata,
      deadline: given.options?.deadline ?? Infinity,
      message,
      settings,
      deserialize: responseDeserialize,
      callback: given.callback,
      again: () => ordinary(args),
    });
    return call ?? ordinary(args);
  };
}

/** `null` where it cannot be: the ordinary way fails with it as well, and makes of it what grpc-js does. */
function serialized(serialize: Serialize, value: unknown): Buffer | null {
  try {
    return serialize(value);
  } catch {
    return null;
  }
}

/** What a method was called with; `null` where it is wrong, or uses what only the ordinary way has. */
function read([, first, second, third]: readonly unknown[]) {
  if (isCallback(first)) return { metadata: null, options: null, callback: first };
  if (isCallback(second)) {
    if (first instanceof Metadata) return { metadata: first, options: null, callback: second };
    return isSimple(first) ? { metadata: null, options: first, callback: second } : null;
  }
  if (!(first instanceof Metadata) || !isCallback(third) || !isSimple(second)) return null;
  return { metadata: first, options: second, callback: third };
}

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}

/** Whether call options say nothing but a deadline. */
function isSimple(options: unknown): options is CallOptions {
  if (!(options instanceof Object)) return false;
  const { host, parent, credentials, interceptors, interceptor_providers } = options as CallOptions;
  return (
    host === undefined &&
    (parent ?? null) === null &&
    (credentials ?? null) === null &&
    (interceptors?.length ?? 0) === 0 &&
    (interceptor_providers?.length ?? 0) === 0
  );
}
