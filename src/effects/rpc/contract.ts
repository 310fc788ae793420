import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { contract } from './contract.generated.js';

interface Services {
  readonly plugin: {
    readonly GRPCBroker: ServiceClientConstructor;
    readonly GRPCController: ServiceClientConstructor;
    readonly GRPCStdio: ServiceClientConstructor;
  };
  readonly grpc: { readonly health: { readonly v1: { readonly Health: ServiceClientConstructor } } };
  readonly espalier: { readonly v1: { readonly PluginHooks: ServiceClientConstructor } };
}

/** The gRPC services of proto/. */
export const services = loadPackageDefinition(
  fromJSON(contract, {
    keepCase: true,
    enums: String,
    defaults: true,
    arrays: true,
  }),
) as unknown as Services;
