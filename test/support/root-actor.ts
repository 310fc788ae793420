import type { ActorRefFrom } from 'xstate';
import type { Environment } from '../../src/environment/index.js';
import type { EnvironmentMachine } from '../../src/machines/index.js';

/** The root actor with the type of its machine, which is internal. */
export function rootActorOf({ actor }: Environment): ActorRefFrom<EnvironmentMachine> {
  return actor as unknown as ActorRefFrom<EnvironmentMachine>;
}
