import { loadPackageDefinition, type ServiceClientConstructor, type GrpcObject } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** The client constructors that an embedder would get from his own .proto files. */
export const Test = constructorOf('helper', 'grpctest', 'Test');
export const KV = constructorOf('examples', 'proto', 'KV');
export const PingPong = constructorOf('helper', 'grpctest', 'PingPong');
export const Counter = constructorOf('counter', 'proto', 'Counter');
export const AddHelper = constructorOf('counter', 'proto', 'AddHelper');
export const Streamer = constructorOf('examples', 'proto', 'StreamerService');

function constructorOf(file: string, packageName: string, service: string): ServiceClientConstructor {
  const definition = loadSync(`test/interop/proto/${file}.proto`, { keepCase: true, longs: Number });
  const services = loadPackageDefinition(definition)[packageName] as GrpcObject;
  return services[service] as ServiceClientConstructor;
}
