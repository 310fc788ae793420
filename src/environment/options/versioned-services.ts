import type { credentials, Client, ClientOptions } from '@grpc/grpc-js';

/** The constructor of a grpc-js client: generated, from `loadPackageDefinition`, or from `makeClientConstructor`. */
export type ClientConstructor<C extends Client = Client> = new (
  address: string,
  channelCredentials: ReturnType<typeof credentials.createInsecure>,
  options?: ClientOptions,
) => C;

/** The services of a plugin under one application version: a client constructor by the name that the host gives it. */
export type ServiceSet = Readonly<Record<string, ClientConstructor>>;

/** A set of services for each application version that the host supports. */
export type VersionedServices = Readonly<Record<number, ServiceSet>>;
